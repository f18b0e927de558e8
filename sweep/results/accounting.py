"""What a study has cost, by HTCondor's event logs of its jobs: slot hours, good and lost, queue time, transfers, and
what was used of what was asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sweep.config.suggested_job import Usage, suggested_section
from sweep.results.report import Report
from sweep.results.table import rich_table, short_text
from sweep.study.study import Study
from sweep.trial.event_log import SlotRun, read_event_log
from sweep.units import readable_time

if TYPE_CHECKING:
    import pandas
    from rich.console import RenderableType


SHARES = ("good", "pruned", "failed", "evicted")
"""What became of the time on slots: of trials that completed (or still run), that were pruned, that failed, and what
evictions lost."""


@dataclass(frozen=True)
class Accounting:
    """`totals` has a figure a line, in words; `places` a row for each host and kind of GPU; `used` one for each
    resource. `suggestion` is a `[job]` section, by line, none before there is anything to go by."""

    runs: list[SlotRun]
    totals: list[tuple[str, str]]
    places: pandas.DataFrame
    used: pandas.DataFrame
    suggestion: list[str]


def collect_accounting(study: Study, report: Report) -> Accounting:
    """Read all job logs of a study."""
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
    """Hours of the programs' time on slots, by `SHARES`; `states` are the trials', by number."""
    kinds = {"PRUNED": "pruned", "FAIL": "failed"}
    spent = dict.fromkeys(SHARES, 0.0)
    for run in runs:
        spent["evicted"] += run.lost_s / 3600
        spent[kinds.get(states.get(run.trial, ""), "good")] += (run.seconds - run.lost_s) / 3600
    return spent


def cost_totals(runs: Sequence[SlotRun], states: Mapping[int, str]) -> list[tuple[str, str]]:
    """Figures in words."""
    spent = slot_hours(runs, states)
    whole = sum(spent.values())
    waits = sorted((run.claimed or run.start) - run.queued for run in runs if run.queued)
    waited = [max(0.0, wait.total_seconds()) for wait in waits]
    moving = sum((run.start - run.claimed).total_seconds() for run in runs if run.claimed) / 3600
    names = {"good": "good", "pruned": "in pruned trials", "failed": "in failed trials", "evicted": "lost to evictions"}
    text = [("slot hours", f"{whole:.3g}")]
    text += [
        (f"of these {names[name]}", _share(spent[name], whole)) for name in SHARES if spent[name] or name == "good"
    ]
    text.append(("besides, fetching inputs", f"{moving:.3g} h"))
    if waited:
        middle, most = waited[len(waited) // 2], waited[-1]
        text.append(
            ("time in the queue before a start", f"{readable_time(middle)} (median), {readable_time(most)} (longest)")
        )
    ended = [run for run in runs if run.ending != "running"]
    text.append(("starts, evictions", f"{len(runs)}, {sum(run.ending in ('evicted', 'lost') for run in runs)}"))
    received, sent = (sum(count) / 1e6 for count in ([run.received for run in ended], [run.sent for run in ended]))
    text.append(("transferred to jobs, and back", f"{received:.3g} MB, {sent:.3g} MB"))
    return text


def _share(part: float, whole: float) -> str:
    return f"{part:.3g} ({part / whole:.0%})" if whole else "0"


def usage_by_place(runs: Iterable[SlotRun], states: Mapping[int, str]) -> pandas.DataFrame:
    """A row for each host and kind of GPU, the most used first: starts, evictions, slot hours, share of good ones."""
    import pandas

    by_place: dict[tuple[str, str], list[SlotRun]] = {}
    for run in runs:
        by_place.setdefault((run.host, run.gpu), []).append(run)
    rows = []
    for (host, gpu), there in by_place.items():
        spent = slot_hours(there, states)
        whole = sum(spent.values())
        evictions = sum(run.ending in ("evicted", "lost") for run in there)
        rows.append([host, gpu, len(there), evictions, whole, spent["good"] / whole if whole else None])
    frame = pandas.DataFrame(rows, columns=["host", "gpu", "starts", "evictions", "hours", "good"])
    return frame.sort_values(["hours", "host"], ascending=[False, True], ignore_index=True)


def usage_by_resource(runs: Iterable[SlotRun], requests: Mapping[str, object]) -> pandas.DataFrame:
    """A row for each resource: what was asked for, and what runs used, in the middle and at the most."""
    import pandas

    there = [run for run in runs if run.ending != "running"]
    of: dict[str, tuple[str, Callable[[SlotRun], float]]] = {
        "cpus": ("cores", lambda run: run.cpus),
        "memory": ("MB", lambda run: run.memory_mb),
        "disk": ("MB", lambda run: run.disk_kb / 1024),
    }
    rows = []
    for name, (unit, measure) in of.items():
        figures = sorted(figure for run in there if (figure := measure(run)))
        middle, most = (figures[len(figures) // 2], figures[-1]) if figures else (None, None)
        rows.append([name, str(requests.get(f"request_{name}", "")), unit, middle, most])
    return pandas.DataFrame(rows, columns=["resource", "asked", "unit", "median", "most"])


def suggested_job_lines(study: Study, runs: Sequence[SlotRun]) -> list[str]:
    """A `[job]` section for what the runs used, with margins, by line."""
    memory, disk = max((run.memory_mb for run in runs), default=0.0), max((run.disk_kb for run in runs), default=0.0)
    if not memory or not disk:
        return []
    return suggested_section(Usage(int(memory * 2**20), int(disk * 2**10)), study.config.job).splitlines()


def accounting_tables(accounting: Accounting) -> list[RenderableType]:
    """All of it for a terminal."""
    from rich.text import Text

    parts: list[RenderableType] = [rich_table("what it cost", ["", ""], accounting.totals)]
    for title, frame in (("by host and GPU", accounting.places), ("used, of what was asked for", accounting.used)):
        parts.append(rich_table(title, list(frame.columns), frame.map(short_text).itertuples(index=False)))
    if accounting.suggestion:
        parts.append(Text("Suggested, with margins:\n\n" + "\n".join(accounting.suggestion)))
    return parts
