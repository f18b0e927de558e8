"""Writes the page: a single HTML file, without scripts, that loads nothing from the network."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sweep import __version__
from sweep.results.accounting import SHARES, slot_hours
from sweep.results.leaderboard import CONFIRMED_NOTE, UNCONFIRMED_NOTE, confirmed_rows, leaderboard_frame
from sweep.results.page import plots, style
from sweep.results.page.page_data import PageData
from sweep.results.page.style import Plot
from sweep.results.table import short_text
from sweep.study.summary import goal
from sweep.system.files import write_text
from sweep.templates import render_html

TOP, REASONS, PLACES = 50, 10, 20
"""Most rows of the leaderboard, of the failures, and of the hosts and GPUs."""


NARROW = "(max-width: 640px)"


DARK = "(prefers-color-scheme: dark)"


SAFE = "/:;,=+!*?@$-_.~()"
"""Characters that a data URI may contain as they are, besides letters and digits."""


UNCONFIRMED = (
    f"{UNCONFIRMED_NOTE} The command trains the best configurations again with fresh seeds, and scores them on the "
    "test set, which the study never used."
)


CONFIRMED = (
    "These configurations were trained again with fresh seeds. Judge them by these values, not by those of the study. "
    f"{CONFIRMED_NOTE}"
)


@dataclass(frozen=True)
class Table:
    """A table of texts, with a title and a note below it."""

    title: str
    headings: list[str]
    rows: list[list[str]]
    note: str = ""

    @property
    def numeric(self) -> list[bool]:
        """For each column, whether it has only numbers and empty cells."""
        return [all(_is_number(row[column]) for row in self.rows) for column in range(len(self.headings))]


def _is_number(text: str) -> bool:
    try:
        float(text or "0")
    except ValueError:
        return False
    return True


@dataclass(frozen=True)
class Picture:
    """A figure in the page.

    `sources` are pairs of a media query and an image, of which a browser takes the first that applies; `image` is for
    browsers without media queries. Images are data URIs.
    """

    name: str
    title: str
    caption: str
    sources: list[tuple[str, str]]
    image: str


def write_page(data: PageData, file: Path) -> None:
    """Write the page to a file, atomically."""
    write_text(file, page_html(data, datetime.now()))


def page_html(data: PageData, now: datetime) -> str:
    """Return the page as HTML."""
    study = data.report.study
    return render_html(
        Path(__file__).with_name("report.html.j2"),
        name=study["name"],
        goal=goal(study["objectives"], study["constraints"]).rstrip(","),
        key_figures=key_figures(data),
        ended=study["ended"],
        confirmed=confirmed_table(data),
        unconfirmed=UNCONFIRMED if data.best and not study["confirmed"] else "",
        leaderboard=trials_table(data),
        failures=failures_table(data),
        pictures=[page_picture(plot) for plot in plots.make_plots(data)],
        hours=slot_hour_shares(data),
        totals=costs_table(data),
        used=resources_table(data),
        places=places_table(data),
        suggestion=data.costs.suggestion,
        provenance=provenance_table(data),
        written=f"{now:%Y-%m-%d %H:%M} by sweep {__version__}",
    )


def page_picture(plot: Plot) -> Picture:
    """Return a figure for the page, drawn for wide and narrow screens, each in light and dark."""
    wide, narrow = style.draw_svg(plot, narrow=False), style.draw_svg(plot, narrow=True)
    sources = [
        (f"{NARROW} and {DARK}", style.dark_variant(narrow)),
        (NARROW, narrow),
        (DARK, style.dark_variant(wide)),
    ]
    return Picture(plot.name, plot.title, plot.caption, [(media, _uri(svg)) for media, svg in sources], _uri(wide))


def _uri(svg: str) -> str:
    return f"data:image/svg+xml,{quote(svg, safe=SAFE)}"


def key_figures(data: PageData) -> list[tuple[str, str, str]]:
    """Return the figures at the top of the page: for each its name, its value and a remark."""
    counts, runs = data.report.study["counts"], data.costs.runs
    figures = [("trials", f"{len(data.rows):,}", ", ".join(f"{count:,} {state}" for state, count in counts.items()))]
    if len(data.objectives) > 1:
        figures.insert(0, ("on the Pareto front", f"{len(data.best):,}", "of all complete trials"))
    elif data.best:
        best, metric = data.best[0], next(iter(data.objectives))
        figures.insert(0, (f"best {metric}", short_text(best.values[metric]), f"trial {best.number}"))
    if runs:
        spent = slot_hours(runs, {row.number: row.state for row in data.rows})
        total = sum(spent.values())
        good = f"{spent['good'] / total:.0%} of them good" if total else ""
        evictions = sum(run.ending in ("evicted", "lost") for run in runs)
        figures.append(("slot hours", f"{total:,.3g}" if total < 1000 else f"{total:,.0f}", good))
        figures.append(("evictions", f"{evictions:,}", f"in {len(runs):,} attempts"))
    return figures


def trials_table(data: PageData) -> Table:
    """Return the first rows of the leaderboard."""
    frame = leaderboard_frame(data.report, TOP)
    note = ""
    if len(data.rows) > TOP:
        name = data.report.study["name"]
        note = (
            f"The first {TOP} of {len(data.rows):,} trials. For all trials, run: "
            f"sweep report --format csv --study {name}"
        )
    return Table("Leaderboard", *_texts(list(frame.columns), frame.itertuples(index=False)), note)


def confirmed_table(data: PageData) -> Table | None:
    """Return the confirmed configurations; None if the study is not confirmed."""
    study = data.report.study
    if not study["confirmed"]:
        return None
    return Table(f"Confirmed, by {study['confirmed_by']}", *confirmed_rows(data.report), CONFIRMED)


def failures_table(data: PageData) -> Table | None:
    """Return the reasons of failures with their number of trials, the most frequent first; None if no trial failed."""
    failed = [row for row in data.rows if row.state == "FAIL"]
    if not failed:
        return None
    first = {row.reason: row.number for row in reversed(failed)}
    reasons = Counter(row.reason for row in failed).most_common()
    rows = [[count, first[reason], reason] for reason, count in reasons[:REASONS]]
    note = f"The {REASONS} most frequent of {len(reasons):,} reasons." if len(reasons) > REASONS else ""
    return Table("Failures", *_texts(["trials", "first", "reason"], rows), note)


def slot_hour_shares(data: PageData) -> list[tuple[str, float]]:
    """Return the share of the slot hours of each kind in `SHARES`; [] before any were used."""
    spent = slot_hours(data.costs.runs, {row.number: row.state for row in data.rows})
    total = sum(spent.values())
    return [(name, spent[name] / total) for name in SHARES if total and spent[name]]


def costs_table(data: PageData) -> Table:
    """Return the totals of the study's costs."""
    return Table("Costs", ["", ""], [list(line) for line in data.costs.totals])


def resources_table(data: PageData) -> Table:
    """Return the requested and used amount of each resource."""
    frame = data.costs.used
    return Table("Resources requested and used", *_texts(list(frame.columns), frame.itertuples(index=False)))


def places_table(data: PageData) -> Table:
    """Return the use of each host and GPU, the most used first."""
    frame = data.costs.places
    note = f"The {PLACES} most used of {len(frame):,} hosts and GPUs." if len(frame) > PLACES else ""
    rows = frame.head(PLACES).itertuples(index=False)
    return Table("By host and GPU", *_texts(list(frame.columns), rows), note)


def provenance_table(data: PageData) -> Table:
    """Return what identifies the study, its code and its data. Paths are left out: they say nothing to other people."""
    known = data.provenance
    rows = [
        ["study id", known["id"]],
        ["initialised", known.get("created")],
        *(["version of " + name, number] for name, number in known.get("versions", {}).items()),
        ["commit of sweep", known.get("commit")],
        ["SHA-256 of the training code", known.get("trainer_sha256")],
        ["SHA-256 of the data", known.get("data_sha256")],
    ]
    return Table("Provenance", ["", ""], [[name, str(value)] for name, value in rows if value])


def _texts(headings: Sequence[str], rows: Iterable[Iterable[Any]]) -> tuple[list[str], list[list[str]]]:
    return [str(heading) for heading in headings], [[short_text(value) for value in row] for row in rows]
