"""`sweep doctor` on a real pool, and where there is none."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from sweep import condor
from sweep.study import Study
from tests.pool.conftest import GOOD, SLOTS, sweep

pytestmark = pytest.mark.pool

Light = Callable[..., Study]


def queue() -> list[object]:
    return list(condor._htcondor().Schedd().query(projection=["ClusterId"]))


def test_a_study_that_can_run(light: Light) -> None:
    study = light(GOOD)
    before = {file for file in study.paths.root.rglob("*") if file.is_file()}
    jobs = queue()
    said = sweep("doctor").stdout
    for line in (
        "ok      the schedd answers, of sweep's personal pool",
        "ok      DAGMan looks at its jobs every 1 s",
        "ok      the Python of PRE scripts reads the storage, in",
        "ok      condor_submit takes the submit description",
        "ok      the schedd takes jobs",
        f"ok      room for {SLOTS} of these jobs at a time in an empty pool: 1 slot",
        "warning how long a trial takes is not known",
    ):
        assert line in said
    assert "0 errors" in said
    # Nothing is left of it, neither in the queue nor in the study.
    assert len(queue()) == len(jobs)
    assert {file for file in study.paths.root.rglob("*") if file.is_file()} == before

    sweep("launch", "--generations", "1", "--watch")
    assert "s of work: waiting for a slot costs more" in sweep("doctor").stdout


@pytest.mark.parametrize(
    ("job", "said", "advice"),
    [
        ('request_memory = "10 TB"', "no job can start: 1 slot; memory >= 10 TB leaves 0", "The most there is:"),
        ("request_gpus = 1\ngpus_minimum_capability = 8.0", "the pool has no GPUs", "condor_status"),
        ('container_image = "no-such.sif"', "there is no ", "Put it back"),
    ],
)
def test_a_study_that_cannot_match(light: Light, job: str, said: str, advice: str) -> None:
    study = light(GOOD)
    text = study.paths.config.read_text()
    key = job.split(" ")[0]
    kept = [line for line in text.splitlines() if not line.startswith(f"{key} ")]
    study.paths.config.write_text("\n".join(kept).replace("[job]", f"[job]\n{job}"))
    done = sweep("doctor", check=False)
    assert done.returncode == 1, done.stdout
    assert f"error   {said}" in done.stdout
    assert advice in done.stdout
    assert done.stderr == ""


def test_where_no_pool_runs(light: Light, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    light(GOOD)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("CONDOR_CONFIG", raising=False)
    own = [place for place in os.environ["PATH"].split(os.pathsep) if "htcondor" not in place]
    monkeypatch.setenv("PATH", os.pathsep.join(own))
    done = sweep("doctor", check=False)
    assert done.returncode == 1
    assert "error   the personal pool is not running\n          Type `sweep pool start`." in done.stdout
    assert "ok      the Python of POST scripts starts" in done.stdout
    assert done.stderr == ""


def test_a_machine_without_a_study(here: Path) -> None:
    assert not (here / "runs").exists()
    said = sweep("doctor").stdout
    assert said.count("  ok ") == 5
    assert said.endswith("5 ok, 0 warnings, 0 errors\n")
