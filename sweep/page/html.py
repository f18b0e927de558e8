"""The page: one file of HTML that opens anywhere, and asks nobody for anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sweep import __version__, accounting, render
from sweep import report as reporting
from sweep.accounting import SHARES
from sweep.files import write_text
from sweep.page import plots, style
from sweep.page.style import Plot
from sweep.page.subject import Subject
from sweep.report import cell
from sweep.summary import goal

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


def write(subject: Subject, file: Path) -> None:
    """Put the page at a path, whole or not at all."""
    write_text(file, page(subject, datetime.now()))


def page(subject: Subject, now: datetime) -> str:
    """The page as text."""
    study = subject.report.study
    return render.page(
        "report.html.j2",
        name=study["name"],
        goal=goal(study["objectives"], study["constraints"]).rstrip(","),
        facts=facts(subject),
        ended=study["ended"],
        verdict=confirmed(subject),
        luck=LUCK if subject.best and not study["confirmed"] else "",
        leaderboard=leaderboard(subject),
        failures=failures(subject),
        pictures=[picture(plot) for plot in plots.plots(subject)],
        hours=hours(subject),
        totals=totals(subject),
        used=used(subject),
        places=places(subject),
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


def facts(subject: Subject) -> list[tuple[str, str, str]]:
    """What to see first: a name, a figure, and what belongs to it."""
    counts, runs = subject.report.study["counts"], subject.costs.runs
    found = [("trials", f"{len(subject.rows):,}", ", ".join(f"{count:,} {state}" for state, count in counts.items()))]
    if len(subject.objectives) > 1:
        found.insert(0, ("on the Pareto front", f"{len(subject.best):,}", "of all complete trials"))
    elif subject.best:
        best, metric = subject.best[0], next(iter(subject.objectives))
        found.insert(0, (f"best {metric}", cell(best.values[metric]), f"trial {best.number}"))
    if runs:
        spent = accounting.hours(runs, {row.number: row.state for row in subject.rows})
        whole = sum(spent.values())
        good = f"{spent['good'] / whole:.0%} of them good" if whole else ""
        evictions = sum(run.ending in ("evicted", "lost") for run in runs)
        found.append(("slot hours", f"{whole:,.3g}" if whole < 1000 else f"{whole:,.0f}", good))
        found.append(("evictions", f"{evictions:,}", f"in {len(runs):,} starts"))
    return found


def leaderboard(subject: Subject) -> Table:
    frame = reporting.frame(subject.report, TOP)
    note = ""
    if len(subject.rows) > TOP:
        note = f"The first {TOP} of {len(subject.rows):,} trials. All of them: sweep report --format csv"
    return Table("Leaderboard", *_words(list(frame.columns), frame.itertuples(index=False)), note)


def confirmed(subject: Subject) -> Table | None:
    """What the best came to when they were trained again; None before that."""
    study = subject.report.study
    if not study["confirmed"]:
        return None
    rows = [
        [one["rank"], one["trial"], one["mean"], one["deviation"], len(one["scores"])] for one in study["confirmed"]
    ]
    words = _words(["rank", "trial", "mean", "deviation", "seeds"], rows)
    return Table(f"Confirmed, by {study['confirmed_by']}", *words, CONFIRMED)


def failures(subject: Subject) -> Table | None:
    """Why trials failed, the most frequent reason first."""
    failed = [row for row in subject.rows if row.state == "FAIL"]
    if not failed:
        return None
    first = {row.reason: row.number for row in reversed(failed)}
    reasons = Counter(row.reason for row in failed).most_common()
    rows = [[count, first[reason], reason] for reason, count in reasons[:REASONS]]
    note = f"The {REASONS} most frequent of {len(reasons):,} reasons." if len(reasons) > REASONS else ""
    return Table("Failures", *_words(["trials", "first", "reason"], rows), note)


def hours(subject: Subject) -> list[tuple[str, float]]:
    """Share of the slots' time that each kind of end has; nothing before any was used."""
    spent = accounting.hours(subject.costs.runs, {row.number: row.state for row in subject.rows})
    whole = sum(spent.values())
    return [(name, spent[name] / whole) for name in SHARES if whole and spent[name]]


def totals(subject: Subject) -> Table:
    return Table("What it cost", ["", ""], [list(line) for line in subject.costs.totals])


def used(subject: Subject) -> Table:
    frame = subject.costs.used
    return Table("Used, of what was asked for", *_words(list(frame.columns), frame.itertuples(index=False)))


def places(subject: Subject) -> Table:
    frame = subject.costs.places
    note = f"The {PLACES} of {len(frame):,} places that did most." if len(frame) > PLACES else ""
    rows = frame.head(PLACES).itertuples(index=False)
    return Table("By host and GPU", *_words(list(frame.columns), rows), note)


def provenance(subject: Subject) -> Table:
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
    return [str(heading) for heading in headings], [[cell(value) for value in row] for row in rows]
