"""`sweep doctor` on a real pool, and where there is none."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sweep.errors import PoolError
from sweep.pool import bindings
from sweep.pool.schedd import dry_run_submit
from sweep.study.study import Study
from sweep.system.files import write_json
from tests import slot_samples
from tests.pool.actions import GOOD, SLOTS, sweep

pytestmark = pytest.mark.pool

Light = Callable[..., Study]


def queue() -> list[object]:
    return list(bindings.load_bindings().Schedd().query(projection=["ClusterId"]))


def test_a_study_that_can_run(light: Light) -> None:
    study = light(GOOD)
    before = {file for file in study.paths.root.rglob("*") if file.is_file()}
    jobs = queue()
    said = sweep("doctor").stdout
    for line in (
        "ok      the schedd answers, of sweep's personal pool",
        "ok      DAGMan checks its jobs every 1 s",
        "reading the storage as PRE scripts do took",
        "ok      condor_submit accepts the submit description",
        "ok      the schedd accepts jobs",
        f"ok      room for {SLOTS} of these jobs at a time in an empty pool: 1 slot",
        "warning the time that a trial takes is unknown",
    ):
        assert line in said
    assert "0 errors" in said
    # Nothing is left of it, neither in the queue nor in the study.
    assert len(queue()) == len(jobs)
    assert {file for file in study.paths.root.rglob("*") if file.is_file()} == before


IMPOSSIBLE = {
    'request_memory = "10 TB"': ("no job can start: 1 slot; memory >= 10 TB leaves 0", "The pool has at most"),
    "request_gpus = 1\ngpus_minimum_capability = 8.0": ("the pool has no GPUs", "condor_status"),
}


def test_a_study_that_cannot_match(light: Light) -> None:
    study = light(GOOD)
    text = study.paths.config.read_text()
    for job, (said, advice) in IMPOSSIBLE.items():
        key = job.split(" ")[0]
        kept = [line for line in text.splitlines() if not line.startswith(f"{key} ")]
        study.paths.config.write_text("\n".join(kept).replace("[job]", f"[job]\n{job}"))
        done = sweep("doctor", check=False)
        assert (done.returncode, done.stderr) == (1, ""), done.stdout
        assert f"error   {said}" in done.stdout
        assert advice in done.stdout
    # A container that was there at init.
    study.paths.config.write_text(text)
    write_json(study.paths.provenance, study.provenance | {"container": str(study.paths.root / "torch.sif")})
    done = sweep("doctor", check=False)
    assert (done.returncode, done.stderr) == (1, ""), done.stdout
    assert f"error   the jobs' input file {study.paths.root / 'torch.sif'} is missing" in done.stdout
    assert "Put it back" in done.stdout


@pytest.fixture
def machines(pool: None) -> Iterator[None]:  # noqa: ARG001
    """Machines with GPUs of many kinds that the pool's collector knows, though they are not there."""
    import htcondor2
    from classad2 import ClassAd, ExprTree

    ads = slot_samples.pool()
    for number, machine in enumerate(ads):
        name = f"elsewhere{number}"
        machine.update({"MyType": "Machine", "Name": f"slot1@{name}", "Machine": name, "MyAddress": "<127.0.0.1:9>"})
    htcondor2.Collector().advertise(ads, "UPDATE_STARTD_AD")
    yield
    ours = ExprTree('regexp("^elsewhere", Machine)')
    htcondor2.Collector().advertise([ClassAd({"MyType": "Query", "Requirements": ours})], "INVALIDATE_STARTD_ADS")


@pytest.mark.usefixtures("machines")
def test_gpus_of_many_kinds(light: Light) -> None:
    gpus = "request_gpus = 1\nrequest_cpus = 4\ngpus_minimum_capability = {}\ngpus_minimum_memory = {!r}"
    study = light(GOOD, job=gpus.format(7.5, "16 GB"))
    found = "room for 7 of these jobs at a time in an empty pool: 10 GPUs; GPU capability >= 7.5 leaves 7"
    assert f"ok      {found}" in sweep("doctor").stdout
    text = study.paths.config.read_text()
    study.paths.config.write_text(text.replace("16 GB", "160 GB"))
    found = "no job can start: 10 GPUs; GPU capability >= 7.5 leaves 7; GPU memory >= 160 GB leaves 0"
    done = sweep("doctor", check=False)
    assert (done.returncode, f"error   {found}\n          The pool has at most 140 GB." in done.stdout) == (1, True)


@pytest.mark.parametrize(
    ("line", "said"),
    [("requirements = (Arch", "Parse error in expression: Requirements"), ("gpus wanted", "on Line 2 of trial.sub")],
)
def test_a_submit_description_that_is_refused(here: Path, line: str, said: str) -> None:
    file = here / "trial.sub"
    file.write_text(f"executable = /bin/true\n{line}\nqueue\n")
    with pytest.raises(PoolError, match=f"refused the jobs' submit description: .*{said}"):
        dry_run_submit(file)


def test_a_submit_description_with_a_typing_error(here: Path) -> None:
    file = here / "trial.sub"
    file.write_text("executable = /bin/true\nreqest_cpus = 3\nqueue\n")
    assert "'reqest_cpus = 3' was unused" in dry_run_submit(file)[1][0]


def test_where_no_pool_runs(light: Light, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    light(GOOD)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("CONDOR_CONFIG", raising=False)
    own = [place for place in os.environ["PATH"].split(os.pathsep) if "htcondor" not in place]
    monkeypatch.setenv("PATH", os.pathsep.join(own))
    done = sweep("doctor", check=False)
    assert done.returncode == 1
    assert "error   the personal pool is not running\n          Run: sweep pool start" in done.stdout
    assert "ok      starting the process that answers POST scripts took" in done.stdout
    assert done.stderr == ""


def test_a_machine_without_a_study(here: Path) -> None:
    assert not (here / "runs").exists()
    said = sweep("doctor").stdout
    assert said.count("  ok ") == 6
    assert said.endswith("6 ok, 0 warnings, 0 errors\n")
