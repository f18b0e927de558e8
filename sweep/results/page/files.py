"""The files that `sweep report` writes."""

from __future__ import annotations

from pathlib import Path

from sweep.study.study import Study
from sweep.system.extras import require_extra


def write_results(study: Study, html: Path | None, plots: Path | None, data: Path | None) -> list[str]:
    """Write the page, the folder of figures, the folder of tables, or several; return a line about each.

    Raises SweepError if a Python package for it is missing.
    """
    require_extra("report", *["matplotlib"] * bool(html or plots), *["pyarrow"] * bool(data))
    from sweep.results.page.html import write_page
    from sweep.results.page.page_data import collect_page_data
    from sweep.results.page.plots import write_plots
    from sweep.results.page.tables import write_tables

    collected = collect_page_data(study)
    lines = []
    if html:
        write_page(collected, html)
        size = html.stat().st_size / 1e6
        lines.append(f"The page is {html} ({size:.1f} MB). It is a single file; open it in any browser.")
    if plots:
        names = ", ".join(file.name for file in write_plots(collected, plots))
        lines.append(f"Figures are in {plots}: {names or 'none yet; the study has too few trials'}")
    if data:
        lines.append(f"Tables are in {data}: {', '.join(file.name for file in write_tables(collected, data))}")
    return lines
