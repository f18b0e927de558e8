"""The page: one file of HTML that opens anywhere, and asks nobody for anything."""

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
from sweep.results.leaderboard import leaderboard_frame
from sweep.results.page import plots, style
from sweep.results.page.page_data import PageData
from sweep.results.page.style import Plot
from sweep.results.table import short_text
from sweep.study.summary import goal
from sweep.system.files import write_text
from sweep.templates import render_html

TOP, REASONS, PLACES = 50, 10, 20
"""Rows of the leaderboard, of the failures, and of the places, at the most."""


NARROW = "(max-width: 640px)"


DARK = "(prefers-color-scheme: dark)"


SAFE = "/:;,=+!*?@$-_.~()"
"""What may stand in an address as it is, besides letters and digits."""


LUCK = (
    "The best of many tries is flattered by luck, the more so the more tries there were: expect less of it on new "
    "data. To know how good it is, type sweep confirm: it trains the best again with fresh seeds, and scores them on "
    "the test set, which the search never saw."
)


CONFIRMED = (
    "Trained again with fresh seeds; by these values, not by those of the search, they should be judged. Those of "
    "equal rank do not really differ (Tukey-Kramer test, 5 %)."
)


@dataclass(frozen=True)
class Table:
    """A table of plain words."""

    title: str
    headings: list[str]
    rows: list[list[str]]
    note: str = ""

    @property
    def numeric(self) -> list[bool]:
        """Which columns hold numbers."""
        return [all(_is_number(row[column]) for row in self.rows) for column in range(len(self.headings))]


def _is_number(text: str) -> bool:
    try:
        float(text or "0")
    except ValueError:
        return False
    return True


@dataclass(frozen=True)
class Picture:
    """A figure as it stands in the page: `sources` are what a browser may choose from, by media query; `image` is for
    one that can choose nothing."""

    name: str
    title: str
    caption: str
    sources: list[tuple[str, str]]
    image: str


def write_page(subject: PageData, file: Path) -> None:
    """Put the page at a path, whole or not at all."""
    write_text(file, page_html(subject, datetime.now()))


def page_html(subject: PageData, now: datetime) -> str:
    """The page as text."""
    study = subject.report.study
    return render_html(
        Path(__file__).with_name("report.html.j2"),
        name=study["name"],
        goal=goal(study["objectives"], study["constraints"]).rstrip(","),
        facts=page_facts(subject),
        ended=study["ended"],
        verdict=confirmation_section(subject),
        luck=LUCK if subject.best and not study["confirmed"] else "",
        leaderboard=leaderboard_section(subject),
        failures=failures_table(subject),
        pictures=[picture(plot) for plot in plots.plots(subject)],
        hours=hours_figure_text(subject),
        totals=totals_table(subject),
        used=usage_table(subject),
        places=places_table(subject),
        suggestion=subject.costs.suggestion,
        provenance=provenance(subject),
        made=f"{now:%Y-%m-%d %H:%M} by sweep {__version__}",
    )


def picture(plot: Plot) -> Picture:
    wide, narrow = style.as_svg(plot, narrow=False), style.as_svg(plot, narrow=True)
    sources = [
        (f"{NARROW} and {DARK}", style.darkened(narrow)),
        (NARROW, narrow),
        (DARK, style.darkened(wide)),
    ]
    return Picture(plot.name, plot.title, plot.caption, [(media, _uri(svg)) for media, svg in sources], _uri(wide))


def _uri(svg: str) -> str:
    return f"data:image/svg+xml,{quote(svg, safe=SAFE)}"


def page_facts(subject: PageData) -> list[tuple[str, str, str]]:
    """What to see first: a name, a figure, and what belongs to it."""
    counts, runs = subject.report.study["counts"], subject.costs.runs
    found = [("trials", f"{len(subject.rows):,}", ", ".join(f"{count:,} {state}" for state, count in counts.items()))]
    if len(subject.objectives) > 1:
        found.insert(0, ("on the Pareto front", f"{len(subject.best):,}", "of all complete trials"))
    elif subject.best:
        best, metric = subject.best[0], next(iter(subject.objectives))
        found.insert(0, (f"best {metric}", short_text(best.values[metric]), f"trial {best.number}"))
    if runs:
        spent = slot_hours(runs, {row.number: row.state for row in subject.rows})
        whole = sum(spent.values())
        good = f"{spent['good'] / whole:.0%} of them good" if whole else ""
        evictions = sum(run.ending in ("evicted", "lost") for run in runs)
        found.append(("slot hours", f"{whole:,.3g}" if whole < 1000 else f"{whole:,.0f}", good))
        found.append(("evictions", f"{evictions:,}", f"in {len(runs):,} starts"))
    return found


def leaderboard_section(subject: PageData) -> Table:
    frame = leaderboard_frame(subject.report, TOP)
    note = ""
    if len(subject.rows) > TOP:
        note = f"The first {TOP} of {len(subject.rows):,} trials. All of them: sweep report --format csv"
    return Table("Leaderboard", *_words(list(frame.columns), frame.itertuples(index=False)), note)


def confirmation_section(subject: PageData) -> Table | None:
    """What the best came to when they were trained again; None before that."""
    study = subject.report.study
    if not study["confirmed"]:
        return None
    rows = [
        [one["rank"], one["trial"], one["mean"], one["deviation"], len(one["scores"])] for one in study["confirmed"]
    ]
    words = _words(["rank", "trial", "mean", "deviation", "seeds"], rows)
    return Table(f"Confirmed, by {study['confirmed_by']}", *words, CONFIRMED)


def failures_table(subject: PageData) -> Table | None:
    """Why trials failed, the most frequent reason first."""
    failed = [row for row in subject.rows if row.state == "FAIL"]
    if not failed:
        return None
    first = {row.reason: row.number for row in reversed(failed)}
    reasons = Counter(row.reason for row in failed).most_common()
    rows = [[count, first[reason], reason] for reason, count in reasons[:REASONS]]
    note = f"The {REASONS} most frequent of {len(reasons):,} reasons." if len(reasons) > REASONS else ""
    return Table("Failures", *_words(["trials", "first", "reason"], rows), note)


def hours_figure_text(subject: PageData) -> list[tuple[str, float]]:
    """Share of the slots' time that each kind of end has; nothing before any was used."""
    spent = slot_hours(subject.costs.runs, {row.number: row.state for row in subject.rows})
    whole = sum(spent.values())
    return [(name, spent[name] / whole) for name in SHARES if whole and spent[name]]


def totals_table(subject: PageData) -> Table:
    return Table("What it cost", ["", ""], [list(line) for line in subject.costs.totals])


def usage_table(subject: PageData) -> Table:
    frame = subject.costs.used
    return Table("Used, of what was asked for", *_words(list(frame.columns), frame.itertuples(index=False)))


def places_table(subject: PageData) -> Table:
    frame = subject.costs.places
    note = f"The {PLACES} of {len(frame):,} places that did most." if len(frame) > PLACES else ""
    rows = frame.head(PLACES).itertuples(index=False)
    return Table("By host and GPU", *_words(list(frame.columns), rows), note)


def provenance(subject: PageData) -> Table:
    """What ran; no paths, which would mean nothing to others."""
    known = subject.provenance
    rows = [
        ["study id", known["id"]],
        ["initialised", known.get("created")],
        *(["version of " + name, number] for name, number in known.get("versions", {}).items()),
        ["commit of sweep", known.get("commit")],
        ["SHA-256 of the training code", known.get("trainer_sha256")],
        ["SHA-256 of the data", known.get("data_sha256")],
    ]
    return Table("Provenance", ["", ""], [[name, str(value)] for name, value in rows if value])


def _words(headings: Sequence[str], rows: Iterable[Iterable[Any]]) -> tuple[list[str], list[list[str]]]:
    return [str(heading) for heading in headings], [[short_text(value) for value in row] for row in rows]
