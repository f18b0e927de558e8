"""A suggested `[job]` section, and what a trial's reports say of its time."""

from __future__ import annotations

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep.config.job import JobSection
from sweep.config.suggested_job import (
    DISK_MARGIN,
    GB,
    MEMORY_MARGIN,
    Usage,
    automatic_requests,
    request_size,
    suggested_section,
)
from sweep.control.dag_folder import study_submit_description
from sweep.control.initialise import initialise
from sweep.nodes.propose import propose
from sweep.study.study import Study
from tests.actions import harvest


@given(st.integers(1, 2**42), st.integers(1, 2**42), st.integers(0, 2**37), st.booleans(), st.integers(0, 4))
def test_a_suggestion_is_a_section_that_asks_for_more_than_was_used(
    memory: int, disk: int, gpu: int, container: bool, gpus: int
) -> None:
    now = JobSection(request_cpus=3, request_gpus=gpus, container_image="a.sif" if container else None)
    text = suggested_section(Usage(memory, disk, gpu), now)
    section = JobSection.model_validate(tomllib.loads(text)["job"])
    assert section.request_cpus == 3
    assert size(section.request_memory) >= memory * MEMORY_MARGIN
    assert size(section.request_disk) >= disk * DISK_MARGIN
    assert section.request_gpus == (max(1, gpus) if gpu or gpus else 0)
    assert (section.gpus_minimum_memory is None) == (gpu == 0)
    assert ("container" in text) == container


def size(text: str | int) -> float:
    number, unit = str(text).split()
    return float(number) * {"MB": GB / 1024, "GB": GB}[unit]


@pytest.mark.parametrize(
    ("used", "text"),
    [(1, "512 MB"), (0.4 * GB, "512 MB"), (0.6 * GB, "1 GB"), (1.2 * GB, "1536 MB"), (4.2 * GB, "5 GB")],
)
def test_amounts_are_rounded_up(used: float, text: str) -> None:
    assert request_size(used) == text


def test_resources_follow_what_trials_used_once_there_are_enough() -> None:
    assert automatic_requests([], 2) == {}
    assert automatic_requests([(900.0, 2048.0), (0.0, 0.0)], 2) == {}
    assert automatic_requests([(900.0, 2048.0), (300.0, 5000.0)], 2) == {
        "request_memory": "1408",
        "request_disk": "8192",
    }


def test_automatic_resources_reach_the_next_generation_s_own_submit_commands(study: Study) -> None:
    file = study.paths.root.parent.parent / "study.toml"
    file.write_text(file.read_text() + 'resources = "auto"\n')
    study = initialise(file, lambda _: None)[0]
    for trial in propose(study, 0):
        files = study.paths.trial(trial.number)
        assert files.own_submit.read_text() == "request_memory = 512\nrequest_disk = 2097152\n"
        files.metrics.write_text('{"step": 2, "val_accuracy": 0.5}\n')
        files.job_log.write_text(USED.format(memory=300 + 100 * trial.number))
        assert harvest(study.paths, trial.number, 0) == 0
    (first, *_) = propose(study, 1)
    assert study.paths.trial(first.number).own_submit.read_text() == "request_memory = 768\nrequest_disk = 2048\n"
    assert first.more_memory == [{"request_memory": "1536"}]
    assert "request_memory" not in study_submit_description(study)


USED = """001 (7.0.0) 2026-11-23 12:00:00 Job executing on host: <127.0.0.1>
...
005 (7.0.0) 2026-11-23 12:01:00 Job terminated.
\tPartitionable Resources :    Usage  Request Allocated
\t   Disk (KB)            :     1000  2097152   2097152
\t   Memory (MB)          :      {memory}      512       512
...
"""
