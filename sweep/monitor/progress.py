"""Where a sweep stands: what its files and the queue add up to. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import accumulate
from typing import Literal

from sweep.config.sections import StudySection
from sweep.errors import StudyError
from sweep.pool.schedd import Job, JobStatus
from sweep.trial.event_log import SlotRun
from sweep.trial.metrics import Values
from sweep.trial.result import Result
from sweep.trial.spec import TrialSpec

State = Literal["running", "held", "finished", "stopped"]


@dataclass(frozen=True)
class Generation:
    """Trials of a generation: planned, and how they stand. `best` is the best value of the first objective, of its
    COMPLETE trials that keep the study's constraints."""

    number: int
    total: int
    complete: int = 0
    pruned: int = 0
    failed: int = 0
    running: int = 0
    idle: int = 0
    held: int = 0
    best: float | None = None

    @property
    def done(self) -> int:
        return self.complete + self.pruned + self.failed

    @property
    def has_begun(self) -> bool:
        return self.done + self.running + self.idle + self.held > 0


@dataclass(frozen=True)
class QueuedTrial:
    """A trial whose job is in the queue. `step` and `values` are those of the last report that came back or was told
    meanwhile; `since` is when it started on its slot."""

    trial: int
    status: JobStatus
    step: int = 0
    target_step: int = 0
    values: Values = field(default_factory=dict)
    host: str = ""
    gpu: str = ""
    lane: str = ""
    since: datetime | None = None
    attempts: int = 0
    evictions: int = 0
    hold_reason: str = ""

    @property
    def runs(self) -> bool:
        return self.status in (JobStatus.RUNNING, JobStatus.TRANSFERRING_OUTPUT)

    @property
    def share(self) -> float:
        """Of its steps, how much is done."""
        return min(1.0, self.step / self.target_step) if self.target_step else 0.0


@dataclass(frozen=True)
class Progress:
    """A sweep at one moment.

    `outer` is its DAGMan job, None where it is not in the queue; `open` the trials that were asked for and have not
    ended, as far as their jobs are in the queue, `left` how many those and the others are; `lanes` is how many lanes
    there are, 0 for generations. `best` are the trials that
    were better than all before, and their values, in the order of their ends; `busy` is the share of slots that had
    work since the launch, `seconds_left` an estimate, both None where there is nothing to go by. Of the scripts:
    `waiting` is what they wait for, `ended` why no more trials are asked for, `stopped` why the sweep was stopped.
    """

    generations: list[Generation]
    outer: Job | None
    open: list[QueuedTrial]
    left: int = 0
    lanes: int = 0
    best: list[tuple[int, float]] = field(default_factory=list)
    evictions: int = 0
    busy: float | None = None
    seconds_left: float | None = None
    waiting: str = ""
    ended: str = ""
    stopped: str = ""

    @property
    def done(self) -> int:
        return sum(generation.done for generation in self.generations)

    @property
    def total(self) -> int:
        return sum(generation.total for generation in self.generations)

    @property
    def finished(self) -> bool:
        done = all(generation.done >= generation.total for generation in self.generations)
        return done or bool(self.ended and not self.left)

    @property
    def state(self) -> State:
        if self.outer:
            return "held" if self.outer.status == JobStatus.HELD else "running"
        return "finished" if self.finished and self.generations else "stopped"

    @property
    def groups(self) -> list[tuple[str, Generation]]:
        """What is shown in a line each: the generations that have begun; or all trials together, of lanes."""
        if not self.lanes:
            return [(f"generation {one.number}", one) for one in self.generations if one.has_begun]
        counted = ("complete", "pruned", "failed", "running", "idle", "held")
        sums = {name: sum(getattr(one, name) for one in self.generations) for name in counted}
        best = self.best[-1][1] if self.best else None
        return [(f"{self.lanes} lanes", Generation(0, self.total, **sums, best=best))]

    @property
    def held(self) -> list[QueuedTrial]:
        return [trial for trial in self.open if trial.status == JobStatus.HELD]


def count_generations(
    specs: Iterable[TrialSpec],
    results: Mapping[int, Result],
    jobs: Mapping[int, Job],
    generations: int,
    section: StudySection,
) -> list[Generation]:
    """Count a study's trials by generation and state; `results` and `jobs` belong to trials by number."""
    counts: dict[int, Counter[str]] = {number: Counter() for number in range(generations)}
    values: dict[int, list[float]] = {}
    for spec in specs:
        count = counts.setdefault(spec.generation, Counter())
        if result := results.get(spec.number):
            count[{"COMPLETE": "complete", "PRUNED": "pruned", "FAIL": "failed"}[result.state]] += 1
            if result.state == "COMPLETE" and result.is_feasible:
                values.setdefault(spec.generation, []).append(result.values[section.metric[0]])
        elif job := jobs.get(spec.number):
            names = {JobStatus.RUNNING: "running", JobStatus.TRANSFERRING_OUTPUT: "running", JobStatus.HELD: "held"}
            count[names.get(job.status, "idle")] += 1
    best = section.first_direction.best
    return [
        Generation(
            number, section.trials_per_generation, **count, best=best(values[number]) if number in values else None
        )
        for number, count in sorted(counts.items())
    ]


def best_so_far(results: Sequence[Result], section: StudySection) -> list[tuple[int, float]]:
    """The trials that were better than all before, and their values; `results` are in the order of their ends."""
    scored = [
        (result.number, result.values[section.metric[0]])
        for result in results
        if result.state == "COMPLETE" and result.is_feasible
    ]
    return section.first_direction.improvements(scored)


def busy_share(runs: Iterable[SlotRun], since: datetime, now: datetime) -> float | None:
    """Share of the time from the first start on that slots were at work, of as many slots as were at once at the most.

    Runs that ended before `since` do not count; None where there was none after it.
    """
    spans = [(max(run.start, since), run.end or now) for run in runs if (run.end or now) > since]
    if not spans:
        return None
    begins, ends = min(start for start, _ in spans), max(end for _, end in spans)
    changes = sorted([(start, 1) for start, _ in spans] + [(end, -1) for _, end in spans])
    width = max(accumulate(change for _, change in changes))
    seconds = sum((end - start).total_seconds() for start, end in spans)
    whole = (ends - begins).total_seconds() * width
    return min(1.0, seconds / whole) if whole > 0 else None


def seconds_left(total: int, done: int, done_since: int, open_shares: Iterable[float], elapsed: float) -> float | None:
    """What the rest takes at the pace since the launch: `done_since` trials and the shares of the open ones in
    `elapsed` seconds; None where nothing is done yet."""
    under_way = sum(open_shares)
    pace = (done_since + under_way) / elapsed if elapsed > 0 else 0.0
    return max(0.0, total - done - under_way) / pace if pace > 0 else None


EXIT_STATUS: dict[State, int] = {"finished": 0, "stopped": StudyError.exit_code, "running": 10, "held": 11}
"""Of `sweep status`, for scripts."""
