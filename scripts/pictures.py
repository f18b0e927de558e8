"""Takes the pictures of the documentation from a real study.

    cd FOLDER && python -m scripts.pictures [STUDY]

FOLDER is where you typed `sweep init`; the study is in its `runs`. While the sweep runs, the script takes the status
screen. Otherwise it takes the leaderboard and, if there is a Chromium, the page of `sweep report --html`.
"""

from __future__ import annotations

import io
import os
import re
import sys
import tempfile
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from PIL import Image
from rich.console import Console, RenderableType

from scripts.browser import Browser
from scripts.chromium import find_chromium
from sweep.results.leaderboard import leaderboard_table
from sweep.results.report import collect_report
from sweep.monitor.display import live_view
from sweep.monitor.progress_reader import read_progress
from sweep.study.study import open_current
from sweep.results.page import html, page_data
from sweep.resources import PACKAGE
from sweep.study.study import Study

PICTURES = PACKAGE.parent / "docs" / "pictures"

STATUS_COLUMNS, COLUMNS, ROWS = 124, 180, 10

PAGE_WIDTH, PAGE_HEIGHT = 1280, 1720

FIGURES_FROM = "parallel"


def terminal(file: Path, columns: int, command: str, parts: Iterable[RenderableType]) -> None:
    """Write what a command shows on a terminal as SVG, without the font that Rich would make it fetch."""
    console = Console(record=True, width=columns, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    for part in parts:
        console.print(part)
    file.write_text(re.sub(r"@font-face \{.*?\}\s*", "", console.export_svg(title=command), flags=re.DOTALL))


def leaderboard(there: Study) -> None:
    """Write the leaderboard as SVG."""
    found = collect_report(there)
    for trial in found.trials:
        trial["checkpoint"] = trial["checkpoint"] and os.path.relpath(trial["checkpoint"])
    terminal(PICTURES / "leaderboard.svg", COLUMNS, "sweep report", leaderboard_table(found, ROWS, COLUMNS))


def page(there: Study, chromium: Path) -> None:
    """Write the top of the page, and some of its figures beside it, as a PNG of few colours."""
    with tempfile.TemporaryDirectory() as folder, Browser(chromium) as browser:
        html.write_page(page_data.collect_page_data(there), Path(folder) / "report.html")
        browser.open(Path(folder) / "report.html", PAGE_WIDTH, dark=False)
        tops = [0, browser.run(f"document.getElementById('{FIGURES_FROM}').offsetTop") - 16]
        shots = [browser.picture(top, PAGE_HEIGHT, scale=0.4) for top in tops]
    parts = [Image.open(io.BytesIO(shot)).convert("RGB") for shot in shots]
    whole = Image.new("RGB", (sum(part.width for part in parts), parts[0].height))
    for place, part in enumerate(parts):
        whole.paste(part, (place * part.width, 0))
    whole.quantize(64).save(PICTURES / "report.png", optimize=True)


def main() -> None:
    """Take the pictures of the study that the command line names, or of the current one."""
    there = open_current(sys.argv[1] if len(sys.argv) > 1 else None)
    PICTURES.mkdir(parents=True, exist_ok=True)
    progress = read_progress(there)
    if progress.outer:
        parts = [live_view(there, progress, datetime.now())]
        terminal(PICTURES / "status.svg", STATUS_COLUMNS, "sweep status --watch", parts)
    else:
        leaderboard(there)
        if chromium := find_chromium():
            page(there, chromium)


if __name__ == "__main__":
    main()
