"""The files that `sweep report` writes."""

from __future__ import annotations

from pathlib import Path

from sweep.extras import need
from sweep.study import Study


def write(study: Study, html: Path | None, plots: Path | None, data: Path | None) -> list[str]:
    """Write those that are wanted; says where they are. Raises SweepError where a package that it takes is missing."""
    need("report", *["matplotlib"] * bool(html or plots), *["pyarrow"] * bool(data))
    from sweep.page import data as tables
    from sweep.page import html as pages
    from sweep.page import plots as figures
    from sweep.page import subject

    what = subject.collect(study)
    said = []
    if html:
        pages.write(what, html)
        said.append(f"The page is {html} ({html.stat().st_size / 1e6:.1f} MB), one file that opens in any browser.")
    if plots:
        files = figures.write(what, plots)
        said.append(f"Figures are in {plots}: {', '.join(file.name for file in files) or 'none, for want of trials'}")
    if data:
        files = tables.write(what, data)
        said.append(f"Tables are in {data}: {', '.join(file.name for file in files)}")
    return said
