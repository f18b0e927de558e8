"""A suggested `[job]` section, and what a trial's reports say of its time."""

from __future__ import annotations

import json
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep import suggest
from sweep.job_section import JobSection
from sweep.suggest import GB, Used, amount
from sweep.tryout import epoch_seconds, gpu_bytes
from sweep.words import span


@given(st.integers(1, 2**42), st.integers(1, 2**42), st.integers(0, 2**37), st.booleans(), st.integers(0, 4))
def test_a_suggestion_is_a_section_that_asks_for_more_than_was_used(
    memory: int, disk: int, gpu: int, container: bool, gpus: int
) -> None:
    now = JobSection(request_cpus=3, request_gpus=gpus, container_image="a.sif" if container else None)
    text = suggest.job(Used(memory, disk, gpu), now)
    section = JobSection.model_validate(tomllib.loads(text)["job"])
    assert section.request_cpus == 3
    assert size(section.request_memory) >= memory * suggest.MEMORY_MARGIN
    assert size(section.request_disk) >= disk * suggest.DISK_MARGIN
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
    assert amount(used) == text


def reports(*lines: dict[str, float]) -> str:
    return "".join(json.dumps(line) + "\n" for line in lines)


def test_an_epoch_s_time_is_that_of_all_the_data_without_the_warm_up() -> None:
    first, second = {"seconds": 9.0, "val_seconds": 1.0}, {"seconds": 2.0, "val_seconds": 1.0}
    assert epoch_seconds(reports(first, second, second), 0.1) == 21.0
    assert epoch_seconds(reports(first), None) == 10.0
    assert epoch_seconds(reports({"acc": 1.0}) + "torn", 0.1) is None
    assert gpu_bytes(reports({"gpu_memory_mb": 100.0}, {"gpu_memory_mb": 300.0})) == 300_000_000


@pytest.mark.parametrize(
    ("seconds", "text"), [(3.21, "3.2 s"), (119, "119 s"), (150, "2.5 min"), (7600, "2.1 h"), (1e6, "12 d")]
)
def test_times_for_people(seconds: float, text: str) -> None:
    assert span(seconds) == text
