"""A sweep's progress: the counts and sums that its files and the queue give. Pure."""

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

STOPPED_BY_USER = "Stopped by `sweep stop`."
"""The reason that `sweep stop` leaves."""

State = Literal["running", "held", "finished", "stopped"]


@dataclass(frozen=True)
class Generation:
    """The number of a generation's trials, by state.

    `total` trials are planned. `best` is the best value of the first objective among the COMPLETE trials that satisfy
    the study's constraints, None if there is none.
    """

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
    """A trial whose job is in the queue.

    `step` and `values` are those of the latest report that reached this machine; `since` is when the job started on
    its slot.
    """

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
    def is_running(self) -> bool:
        return self.status in (JobStatus.RUNNING, JobStatus.TRANSFERRING_OUTPUT)

    @property
    def done_share(self) -> float:
        """The share of its steps that is done; 0 if the number of steps is unknown."""
        return min(1.0, self.step / self.target_step) if self.target_step else 0.0


@dataclass(frozen=True)
class Progress:
    """The state of a sweep at one moment.

    `planned` is the number of trials in all. `outer` is its DAGMan job, None if that is not in the queue. `queued` are
    the unfinished trials whose jobs are in the queue; `unfinished` counts them and the unfinished trials without a job.
    `lanes` is the number of lanes, 0 for generations. `best` has the number and the value of each trial that was better
    than all that ended before it. `busy` is the share of the slots' time that was used since the launch, `seconds_left`
    an estimate; each is None before there is data for it. The PRE and POST scripts wrote the reasons: `waiting` says
    what they wait for, `ended` why they propose no more trials. `stopped` says why the sweep ended early, and
    `troubles` what hangs or is gone.
    """

    generations: list[Generation]
    outer: Job | None
    queued: list[QueuedTrial]
    planned: int = 0
    unfinished: int = 0
    lanes: int = 0
    best: list[tuple[int, float]] = field(default_factory=list)
    evictions: int = 0
    busy: float | None = None
    seconds_left: float | None = None
    waiting: str = ""
    ended: str = ""
    stopped: str = ""
    troubles: list[str] = field(default_factory=list)

    @property
    def done(self) -> int:
        return sum(generation.done for generation in self.generations)

    @property
    def total(self) -> int:
        return self.planned or sum(generation.total for generation in self.generations)

    @property
    def finished(self) -> bool:
        return not self.unfinished and (self.done >= self.total or bool(self.ended))

    @property
    def stopped_itself(self) -> bool:
        """Whether the sweep ended early by itself, rather than by `sweep stop`."""
        return self.stopped not in ("", STOPPED_BY_USER)

    @property
    def state(self) -> State:
        if self.outer:
            return "held" if self.outer.status == JobStatus.HELD else "running"
        return "finished" if self.finished and self.generations else "stopped"

    @property
    def groups(self) -> list[tuple[str, Generation]]:
        """Name and counts of each line to show: each generation that has begun, or one line for all lanes."""
        if not self.lanes:
            return [(f"generation {one.number}", one) for one in self.generations if one.has_begun]
        states = ("complete", "pruned", "failed", "running", "idle", "held")
        sums = {state: sum(getattr(one, state) for one in self.generations) for state in states}
        best = self.best[-1][1] if self.best else None
        return [(f"{self.lanes} lanes", Generation(0, self.total, **sums, best=best))]

    @property
    def held(self) -> list[QueuedTrial]:
        return [trial for trial in self.queued if trial.status == JobStatus.HELD]


def count_generations(
    specs: Iterable[TrialSpec],
    results: Mapping[int, Result],
    jobs: Mapping[int, Job],
    generations: int,
    section: StudySection,
) -> list[Generation]:
    """Return the counts of each generation, by number; `results` and `jobs` are by trial number."""
    counts: dict[int, Counter[str]] = {number: Counter() for number in range(generations)}
    values: dict[int, list[float]] = {}
    sizes: Counter[int] = Counter()
    for spec in specs:
        count = counts.setdefault(spec.generation, Counter())
        sizes[spec.generation] += 1
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
            number,
            max(section.trials_per_generation, sizes[number]),
            **count,
            best=best(values[number]) if number in values else None,
        )
        for number, count in sorted(counts.items())
    ]


def best_so_far(results: Sequence[Result], section: StudySection) -> list[tuple[int, float]]:
    """Return number and value of each trial that was better than all before; `results` are in the order of ending."""
    scored = [
        (result.number, result.values[section.metric[0]])
        for result in results
        if result.state == "COMPLETE" and result.is_feasible
    ]
    return section.first_direction.improvements(scored)


def busy_share(runs: Iterable[SlotRun], since: datetime, now: datetime) -> float | None:
    """Return the share of the slots' time that jobs have used since `since`; None if no job ran after it.

    The number of slots is taken to be the largest number of jobs that ran at once; their time is counted from the
    first start to the last end.
    """
    spans = [(max(run.start, since), run.end or now) for run in runs if (run.end or now) > since]
    if not spans:
        return None
    first, last = min(start for start, _ in spans), max(end for _, end in spans)
    changes = sorted([(start, 1) for start, _ in spans] + [(end, -1) for _, end in spans])
    slots = max(accumulate(change for _, change in changes))
    used = sum((end - start).total_seconds() for start, end in spans)
    available = (last - first).total_seconds() * slots
    return min(1.0, used / available) if available > 0 else None


def seconds_left(
    total: int, done: int, done_since: int, unfinished_shares: Iterable[float], elapsed: float
) -> float | None:
    """Return the seconds that the remaining trials will take at the pace since the launch; None if nothing is done yet.

    In `elapsed` seconds since the launch, `done_since` trials and these shares of the unfinished trials were done.
    """
    partly_done = sum(unfinished_shares)
    pace = (done_since + partly_done) / elapsed if elapsed > 0 else 0.0
    return max(0.0, total - done - partly_done) / pace if pace > 0 else None


EXIT_STATUS: dict[State, int] = {"finished": 0, "stopped": StudyError.exit_code, "running": 10, "held": 11}
"""The exit status of `sweep status` for each state."""
