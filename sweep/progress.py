"""Where a sweep stands, from its files and the queue: cheap enough to ask every second."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

from sweep import condor
from sweep.condor import Job, JobStatus
from sweep.errors import StudyError
from sweep.files import tail
from sweep.paths import StudyPaths
from sweep.records import read_result, read_spec
from sweep.sections import StudySection
from sweep.trial import Result, TrialSpec


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
class Progress:
    """A sweep at one moment. `alive` tells whether its DAGMan job is in the queue, `waiting` what its scripts
    wait for, `open` how many trials were asked for and have not ended, `ended` why no more are asked for."""

    generations: list[Generation]
    alive: bool
    hold_reasons: dict[int, str]
    waiting: str = ""
    open: int = 0
    ended: str = ""

    @property
    def finished(self) -> bool:
        done = all(generation.done >= generation.total for generation in self.generations)
        return done or bool(self.ended and not self.open)


class Watcher:
    """Reads a study's trials again and again, each finished one only once."""

    def __init__(self, paths: StudyPaths, study_id: str, generations: int, section: StudySection) -> None:
        self._paths, self._study_id = paths, study_id
        self._generations, self._section = generations, section
        self._specs: dict[int, TrialSpec] = {}
        self._results: dict[int, Result] = {}

    def look(self) -> Progress:
        """Raises PoolError when the schedd does not answer, StudyError when a result is damaged."""
        queue = condor.jobs(self._study_id)
        for number in self._paths.trial_numbers():
            files = self._paths.trial(number)
            with contextlib.suppress(StudyError):  # ./propose writes it in a moment, or anew
                if number not in self._specs:
                    self._specs[number] = read_spec(files)
            if number not in self._results and (result := read_result(files)):
                self._results[number] = result
        progress = summarise(self._specs.values(), self._results, queue, self._generations, self._section)
        waiting = tail(self._paths.waiting) if progress.alive else ""
        return replace(progress, waiting=waiting, ended=tail(self._paths.ended))


def summarise(
    specs: Iterable[TrialSpec],
    results: dict[int, Result],
    queue: list[Job],
    generations: int,
    section: StudySection,
) -> Progress:
    """Count a study's trials by generation and state; `results` and the queue's jobs belong to trials by number."""
    jobs = {job.trial: job for job in queue if job.trial is not None}
    counts: dict[int, Counter[str]] = {number: Counter() for number in range(generations)}
    values: dict[int, list[float]] = {}
    asked = []
    for spec in specs:
        asked.append(spec.number)
        count = counts.setdefault(spec.generation, Counter())
        if result := results.get(spec.number):
            count[{"COMPLETE": "complete", "PRUNED": "pruned", "FAIL": "failed"}[result.state]] += 1
            if result.state == "COMPLETE" and result.is_feasible:
                values.setdefault(spec.generation, []).append(result.values[section.metric[0]])
        elif job := jobs.get(spec.number):
            names = {JobStatus.RUNNING: "running", JobStatus.TRANSFERRING_OUTPUT: "running", JobStatus.HELD: "held"}
            count[names.get(job.status, "idle")] += 1
    better = max if section.direction[0] == "maximize" else min
    return Progress(
        generations=[
            Generation(
                number,
                section.trials_per_generation,
                **count,
                best=better(values[number]) if number in values else None,
            )
            for number, count in sorted(counts.items())
        ],
        alive=condor.dagman(queue) is not None,
        open=sum(number not in results for number in asked),
        hold_reasons={trial: job.hold_reason for trial, job in jobs.items() if job.status == JobStatus.HELD},
    )
