"""Kills on a real pool, in mid-generation: the study ends as if nothing had happened."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import pytest
from PIL import Image

from sweep.pool import personal, schedd
from sweep.study.study import Study, open_current
from tests.pool.actions import SLOTS, TRAINS, kill, report, sweep, wait_for

pytestmark = pytest.mark.pool


@pytest.fixture
def under_way(light: Callable[..., Study], request: pytest.FixtureRequest) -> Study:
    """A sweep of two generations of which the first runs."""
    there = light(TRAINS, storage=request.param)
    sweep("launch", "--generations", "2")
    wait_until_running(0)
    return there


def wait_until_running(generation: int) -> None:
    """Wait until the three trials of a generation run."""
    wait_for(
        lambda: [trial["attempts"] for trial in report()["trials"] if trial["generation"] == generation] == [1, 1, 1],
        f"generation {generation} runs",
    )


def finish() -> list[dict[str, Any]]:
    sweep("launch", "--generations", "2", "--watch")
    trials: list[dict[str, Any]] = report()["trials"]
    assert [(trial["number"], trial["generation"], trial["index"]) for trial in trials] == [
        (n, n // 3, n % 3) for n in range(6)
    ]
    assert [trial["state"] for trial in trials] == ["COMPLETE"] * 6
    # What Orion promises of its own storage: as many trials as were asked for, none twice, and what was executed adds
    # up to what was asked for. The metric is the parameter: no trial has another's result.
    asked = [
        json.loads(file.read_text())["params"]["lr"] for file in sorted(Path("runs/light/trials").glob("*/trial.json"))
    ]
    assert len(set(asked)) == 6
    assert sum(trial["values"]["val_accuracy"] for trial in trials) == sum(asked)
    assert all(trial["values"]["val_accuracy"] == trial["params"]["lr"] for trial in trials)
    return trials


@pytest.mark.usefixtures("under_way")
@pytest.mark.parametrize("under_way", ["journal"], indirect=True)
def test_kill_starters_then_both_dagmans_and_the_schedd() -> None:
    killed = kill("condor_starter")
    assert killed > 0
    wait_until_running(1)
    assert kill("condor_dagman") == 2
    assert kill("condor_schedd") == 1
    wait_for(schedd.schedd_answers, "the master starts another schedd")
    trials = finish()
    assert sum(trial["attempts"] for trial in trials[:3]) == 3 + killed
    assert sum(trial["evictions"] for trial in trials[:3]) == killed


@pytest.mark.usefixtures("under_way")
@pytest.mark.parametrize("under_way", ["sqlite"], indirect=True)
def test_stop_and_start_the_pool_then_kill_all_of_it_at_once() -> None:
    sweep("pool", "stop")
    assert personal.pool_processes() == {}
    sweep("pool", "start", "--slots", str(SLOTS))
    wait_until_running(1)
    personal.kill_pool()  # as when the machine loses its power
    sweep("pool", "start", "--slots", str(SLOTS))
    finish()


STUDY = """
[study]
name = "{name}"
metric = "val_loss"
direction = "minimize"
trials_per_generation = 2
[search]
lr = {{ type = "float", low = 1e-4, high = 1e-2, log = true }}
[trainer]
epochs = 4
data = "photos"
image_size = 12
[job]
request_memory = "512 MB"
request_disk = "500 MB"
checkpoint_every = "1 epoch"
"""


@pytest.fixture
def photos(here: Path) -> None:
    random = numpy.random.default_rng(0)
    for name, light in (("dark", 100), ("bright", 140)):
        (here / "photos" / name).mkdir(parents=True)
        for number in range(600):
            pixels = random.integers(0, light, (12, 12, 3)).astype("uint8")
            Image.fromarray(pixels).save(here / "photos" / name / f"{number}.png")
    shutil.make_archive("photos", "zip", "photos")


def curves(there: Study) -> list[dict[int, float]]:
    kept = []
    for number in there.paths.trial_numbers():
        reports = [json.loads(line) for line in there.paths.trial(number).metrics.read_text().splitlines()]
        kept.append({report["step"]: report["val_loss"] for report in reports})
    return kept


@pytest.mark.usefixtures("photos")
def test_evicted_softly_and_hard_the_real_trainer_ends_as_if_undisturbed(here: Path) -> None:
    for name in ("undisturbed", "disturbed"):
        (here / f"{name}.toml").write_text(STUDY.format(name=name).replace('"photos"', '"photos.zip"'))
        sweep("init", f"{name}.toml")
        sweep("launch", "--generations", "1")
    there = open_current("disturbed")
    for number, how in ((0, []), (1, ["-fast"])):
        wait_for(lambda n=number: "epoch 2:" in spooled(n), "two epochs are handed over")  # type: ignore[misc]
        cluster = next(job.cluster for job in schedd.queued_jobs(there.id) if job.trial == number)
        subprocess.run(["condor_vacate_job", *how, str(cluster)], check=True, capture_output=True)
    for name in ("undisturbed", "disturbed"):
        sweep("launch", "--generations", "1", "--watch", "--study", name)
    assert curves(open_current("disturbed")) == curves(open_current("undisturbed"))
    trials = report()["trials"]
    assert [trial["state"] for trial in trials] == ["COMPLETE"] * 2
    assert [trial["evictions"] for trial in trials] == [1, 1]


def spooled(number: int) -> str:
    """What a running trial's job has printed and handed over."""
    jobs = [job for job in schedd.queued_jobs(open_current(None).id) if job.trial == number]
    outs = [
        out
        for job in jobs
        for out in (personal.pool_directory() / "spool").glob(f"*/*/cluster{job.cluster}.*/_condor_stdout")
    ]
    return "".join(out.read_text() for out in outs)
