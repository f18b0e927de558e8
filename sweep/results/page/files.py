"""The files that `sweep report` writes."""

from __future__ import annotations

from pathlib import Path

from sweep.study.study import Study
from sweep.system.extras import require_extra


def write_results(study: Study, html: Path | None, plots: Path | None, data: Path | None) -> list[str]:
    """Write those that are wanted; says where they are. Raises SweepError where a package that it takes is missing."""
    require_extra("report", *["matplotlib"] * bool(html or plots), *["pyarrow"] * bool(data))
    from sweep.results.page import html as pages
    from sweep.results.page import page_data, tables
    from sweep.results.page import plots as figures

    what = page_data.collect_page_data(study)
    said = []
    if html:
        pages.write_page(what, html)
        said.append(f"The page is {html} ({html.stat().st_size / 1e6:.1f} MB), one file that opens in any browser.")
    if plots:
        files = figures.write_plots(what, plots)
        said.append(f"Figures are in {plots}: {', '.join(file.name for file in files) or 'none, for want of trials'}")
    if data:
        files = tables.write_tables(what, data)
        said.append(f"Tables are in {data}: {', '.join(file.name for file in files)}")
    return said
