"""Where a sweep stands, counted from its files and the queue, and how it is told."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from sweep.config.sections import StudySection
from sweep.monitor.progress import Generation, Progress, best_so_far, busy_share, count_generations, seconds_left
from sweep.pool.schedd import Job, JobStatus
from sweep.trial.event_log import SlotRun
from sweep.trial.result import Result
from sweep.trial.spec import TrialSpec


def spec(number: int) -> TrialSpec:
    return TrialSpec(number, number // 4, number % 4, {}, 0, 0, 2, ["acc"], {})


def result(number: int, value: float | None) -> Result:
    values = {} if value is None else {"acc": value}
    return Result(number, "COMPLETE" if values else "FAIL", values, {}, "", 2, 1, 0, 1.0, 0.0, "")


def section(per_generation: int, direction: str = "maximize") -> StudySection:
    return StudySection.model_validate(
        {"name": "s", "metric": "acc", "direction": direction, "trials_per_generation": per_generation}
    )


JOBS = {
    2: Job(5, JobStatus.RUNNING, False, 2, ""),
    4: Job(6, JobStatus.HELD, False, 4, "no such file"),
    5: Job(7, JobStatus.IDLE, False, 5, ""),
    0: Job(9, JobStatus.COMPLETED, False, 0, ""),
}
RESULTS = {0: result(0, 0.5), 1: result(1, 0.7), 3: result(3, None)}


def test_trials_are_counted_by_generation_and_state() -> None:
    assert count_generations([spec(number) for number in range(8)], RESULTS, JOBS, 3, section(4)) == [
        Generation(0, 4, complete=2, failed=1, running=1, best=0.7),
        Generation(1, 4, held=1, idle=1),
        Generation(2, 4),
    ]


def test_the_smallest_is_best_when_minimising() -> None:
    generations = count_generations([spec(0), spec(1)], RESULTS, {}, 1, section(2, "minimize"))
    assert generations[0].best == 0.5


def test_a_sweep_is_finished_when_all_planned_trials_have_ended() -> None:
    results = {number: result(number, None) for number in range(4)}
    specs = [spec(number) for number in range(4)]
    for planned, finished in ((1, True), (2, False)):
        generations = count_generations(specs, results, {}, planned, section(4))
        assert Progress(generations, None, []).finished == finished


def test_each_trial_that_was_better_than_all_before_is_found() -> None:
    values = [0.3, None, 0.2, 0.5, 0.5, 0.4]
    results = [result(number, value) for number, value in enumerate(values)]
    assert best_so_far(results, section(4)) == [(0, 0.3), (3, 0.5)]
    assert best_so_far(results, section(4, "minimize")) == [(0, 0.3), (2, 0.2)]


NOON = datetime(2026, 11, 23, 12)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def test_the_share_of_time_that_slots_were_busy() -> None:
    def run(start: float, end: float | None) -> SlotRun:
        return SlotRun(0, None, None, at(start), None if end is None else at(end))

    # Two slots: one at work for all of ten minutes, the other for six, with a pause.
    runs = [run(0, 10), run(0, 4), run(8, None)]
    assert busy_share(runs, at(-1), at(10)) == pytest.approx(16 / 20)
    assert busy_share([*runs, run(-9, -5)], at(-1), at(10)) == pytest.approx(16 / 20)
    assert busy_share([], NOON, at(10)) is None
    assert busy_share(runs, at(20), at(20)) is None


def test_what_is_left_goes_by_the_pace_since_the_launch() -> None:
    # Five trials and two halves in an hour; four of ten are left, and the other halves.
    assert seconds_left(12, 6, 5, [0.5, 0.5], 3600.0) == pytest.approx(3000.0)
    assert seconds_left(10, 0, 0, [0.0], 3600.0) is None
    assert seconds_left(10, 10, 4, [], 3600.0) == 0.0
