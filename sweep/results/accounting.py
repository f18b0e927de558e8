"""A study's costs, from HTCondor's event logs of its jobs.

Slot hours, good and lost, time in the queue, transfers, and the use of the requested resources.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sweep.config.suggested_job import Usage, suggested_section
from sweep.results.report import Report
from sweep.results.table import plain_text, rich_table, short_text
from sweep.study.study import Study
from sweep.trial.event_log import SlotRun, read_event_log
from sweep.units import readable_time

if TYPE_CHECKING:
    import pandas
    from rich.console import RenderableType


SHARES = ("good", "pruned", "failed", "evicted")
"""Kinds of time on slots: of trials that completed or still run, of pruned trials, of failed trials, and the time that
evictions have lost."""


@dataclass(frozen=True)
class Accounting:
    """The costs of a study.

    `totals` has pairs of a name and a figure, as text; `places` a row for each host and GPU model; `used` a row for
    each resource. `suggestion` has the lines of a `[job]` section, none before a job has ended.
    """

    runs: list[SlotRun]
    totals: list[tuple[str, str]]
    places: pandas.DataFrame
    used: pandas.DataFrame
    suggestion: list[str]


def collect_accounting(study: Study, report: Report) -> Accounting:
    """Return the costs of a study, from the event logs of all its jobs."""
    runs = [
        run
        for trial in report.trials
        for run in read_event_log(study.paths.trial(trial["number"]).job_log, trial["number"]).runs
    ]
    states = {trial["number"]: trial["state"] for trial in report.trials}
    return Accounting(
        runs=runs,
        totals=cost_totals(runs, states),
        places=usage_by_place(runs, states),
        used=usage_by_resource(runs, study.config.job.requests()),
        suggestion=suggested_job_lines(study, runs),
    )


def slot_hours(runs: Iterable[SlotRun], states: Mapping[int, str]) -> dict[str, float]:
    """Return the hours that programs spent on slots, by `SHARES`; `states` are the trials' states, by number."""
    kinds = {"PRUNED": "pruned", "FAIL": "failed"}
    spent = dict.fromkeys(SHARES, 0.0)
    for run in runs:
        spent["evicted"] += run.lost_s / 3600
        spent[kinds.get(states.get(run.trial, ""), "good")] += (run.seconds - run.lost_s) / 3600
    return spent


def cost_totals(runs: Sequence[SlotRun], states: Mapping[int, str]) -> list[tuple[str, str]]:
    """Return name and figure of each total, as text."""
    spent = slot_hours(runs, states)
    total = sum(spent.values())
    names = {
        "good": "useful",
        "pruned": "in pruned trials",
        "failed": "in failed trials",
        "evicted": "lost to evictions",
    }
    transfer = sum((run.start - run.claimed).total_seconds() for run in runs if run.claimed) / 3600
    ended = [run for run in runs if run.ending != "running"]
    received, sent = sum(run.received for run in ended) / 1e6, sum(run.sent for run in ended) / 1e6
    return [
        ("slot hours", f"{total:.3g}"),
        *((f"of these {names[name]}", _share(spent[name], total)) for name in SHARES if spent[name] or name == "good"),
        ("plus fetching inputs", f"{transfer:.3g} h"),
        *_queue_time(runs),
        ("attempts, evictions", f"{len(runs)}, {sum(run.ending in ('evicted', 'lost') for run in runs)}"),
        ("transferred to jobs, and back", f"{received:.3g} MB, {sent:.3g} MB"),
    ]


def _queue_time(runs: Sequence[SlotRun]) -> list[tuple[str, str]]:
    waits = sorted(max(0.0, ((run.claimed or run.start) - run.queued).total_seconds()) for run in runs if run.queued)
    if not waits:
        return []
    median, longest = waits[len(waits) // 2], waits[-1]
    return [("time in the queue", f"{readable_time(median)} (median), {readable_time(longest)} (longest)")]


def _share(part: float, total: float) -> str:
    return f"{part:.3g} ({part / total:.0%})" if total else "0"


def usage_by_place(runs: Iterable[SlotRun], states: Mapping[int, str]) -> pandas.DataFrame:
    """Return a row for each host and GPU model, the most used first: attempts, evictions, slot hours, good share."""
    import pandas

    by_place: dict[tuple[str, str], list[SlotRun]] = {}
    for run in runs:
        by_place.setdefault((run.host, run.gpu), []).append(run)
    rows = []
    for (host, gpu), here in by_place.items():
        spent = slot_hours(here, states)
        total = sum(spent.values())
        evictions = sum(run.ending in ("evicted", "lost") for run in here)
        rows.append([host, gpu, len(here), evictions, total, spent["good"] / total if total else None])
    frame = pandas.DataFrame(rows, columns=["host", "gpu", "attempts", "evictions", "hours", "good"])
    return frame.sort_values(["hours", "host"], ascending=[False, True], ignore_index=True)


def usage_by_resource(runs: Iterable[SlotRun], requests: Mapping[str, object]) -> pandas.DataFrame:
    """Return a row for each resource: the request, and the median and maximum that jobs used."""
    import pandas

    ended = [run for run in runs if run.ending != "running"]
    measures: dict[str, tuple[str, Callable[[SlotRun], float]]] = {
        "cpus": ("cores", lambda run: run.cpus),
        "memory": ("MB", lambda run: run.memory_mb),
        "disk": ("MB", lambda run: run.disk_kb / 1024),
    }
    rows = []
    for name, (unit, measure) in measures.items():
        figures = sorted(figure for run in ended if (figure := measure(run)))
        median, largest = (figures[len(figures) // 2], figures[-1]) if figures else (None, None)
        rows.append([name, str(requests.get(f"request_{name}", "")), unit, median, largest])
    return pandas.DataFrame(rows, columns=["resource", "requested", "unit", "median", "maximum"])


def suggested_job_lines(study: Study, runs: Sequence[SlotRun]) -> list[str]:
    """Return the lines of a `[job]` section that requests what the runs used, with margins; [] if none has ended."""
    memory, disk = max((run.memory_mb for run in runs), default=0.0), max((run.disk_kb for run in runs), default=0.0)
    if not memory or not disk:
        return []
    return suggested_section(Usage(int(memory * 2**20), int(disk * 2**10)), study.config.job).splitlines()


def accounting_tables(accounting: Accounting) -> list[RenderableType]:
    """Return the costs as tables for a terminal."""
    parts: list[RenderableType] = [rich_table("costs", ["", ""], accounting.totals)]
    for title, frame in (("by host and GPU", accounting.places), ("resources requested and used", accounting.used)):
        parts.append(rich_table(title, list(frame.columns), frame.map(short_text).itertuples(index=False)))
    if accounting.suggestion:
        parts.append(plain_text("Suggested for the study file, with margins:\n\n" + "\n".join(accounting.suggestion)))
    return parts
