"""Whether work suits high-throughput computing."""

from __future__ import annotations

import pytest

from sweep.config.suggested_job import Usage
from sweep.doctor.finding import Level
from sweep.doctor.job_length import TimeLimit, Work, job_limits, judge_length, judge_usage
from tests.samples import ad

HOUR = 3600.0
HERE = "in `sweep try`, on this machine"


def work(trial: float, interval: float | None = HOUR, piece: float | None = None) -> Work:
    return Work(trial, HERE, interval, piece)


SHORT = TimeLimit(12 * HOUR, "GPUJobLength short", False)
MEDIUM = TimeLimit(20 * HOUR, "JobDurationCategory Medium", True)


@pytest.mark.parametrize(
    ("work", "limits", "levels", "said"),
    [
        (work(2 * HOUR), [SHORT, MEDIUM], [Level.OK], "a trial takes about 2 h in `sweep try`"),
        (work(30 * HOUR, piece=4 * HOUR), [SHORT, MEDIUM], [Level.OK], "in slices of 4 h"),
        (work(20.0), [], [Level.WARNING], "a job works only 20 s"),
        (work(2 * HOUR, piece=30.0), [], [Level.WARNING], "a job works only 30 s"),
        # What a checkpoint begins anew, and what only a new job does.
        (work(30 * HOUR), [MEDIUM], [Level.OK], "about 30 h"),
        (work(30 * HOUR), [SHORT], [Level.ERROR], "a job takes about 30 h, but may run for 12 h (GPUJobLength short)"),
        (work(30 * HOUR, interval=25 * HOUR), [MEDIUM], [Level.ERROR, Level.WARNING], "without saving a checkpoint"),
        (work(30 * HOUR, interval=None), [MEDIUM], [Level.ERROR, Level.WARNING], "runs for 30 h without"),
        (work(3 * HOUR, interval=None), [], [Level.OK], "about 3 h"),
        (
            work(5 * HOUR, interval=None),
            [],
            [Level.WARNING],
            "has no checkpoints: after an eviction it starts from the beginning",
        ),
        (work(9 * HOUR, interval=8 * HOUR), [], [Level.WARNING], "an eviction can cost 8 h"),
    ],
)
def test_neither_too_long_nor_too_short(work: Work, limits: list[TimeLimit], levels: list[Level], said: str) -> None:
    found = list(judge_length(work, limits))
    assert [finding.level for finding in found] == levels
    assert said in found[0].text
    assert all(finding.advice for finding in found if finding.level != Level.OK)


def test_a_slice_is_suggested_that_fits() -> None:
    assert 'slice = "6 h"' in next(judge_length(work(30 * HOUR), [SHORT])).advice


def test_limits_are_read_from_the_job_s_ad() -> None:
    job = ad('[ GPUJobLength = "Short"; JobDurationCategory = "Long"; AllowedExecuteDuration = 7200 ]')
    assert job_limits(job) == [
        TimeLimit(7200, "allowed_execute_duration", True),
        TimeLimit(12 * HOUR, "GPUJobLength Short", False),
        TimeLimit(40 * HOUR, "JobDurationCategory Long", True),
    ]
    assert job_limits(ad('[ AllowedJobDuration = 60; GPUJobLength = "eternal" ]')) == [
        TimeLimit(60, "allowed_job_duration", False)
    ]


def test_what_was_used_against_what_is_asked() -> None:
    job = ad("[ RequestMemory = 1024 * 2; RequestDisk = 1048576; GPUsMinMemory = 4096 ]")
    gb = 2**30
    assert [finding.level for finding in judge_usage(Usage(gb, gb // 2, 3 * gb), job)] == [Level.OK]
    low = list(judge_usage(Usage(3 * gb, 2 * gb, 5 * gb), job))
    assert [finding.level for finding in low] == [Level.WARNING] * 3
    assert low[0].text == "`sweep try` used 3 GB of memory, but request_memory is 2 GB"
    unset = list(judge_usage(Usage(gb, gb // 2, gb), ad("[ RequestMemory = 2048; RequestDisk = 1048576 ]")))
    assert unset[0].text == "`sweep try` used 1 GB of GPU memory, but gpus_minimum_memory is not set"
