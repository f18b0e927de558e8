"""The shipped studies for real pools: condor_submit accepts what their trials would be submitted with."""

from __future__ import annotations

import subprocess
import zipfile
from pathlib import Path

import classad2
import pytest

from sweep import resources
from sweep.control.dag_folder import write_dag_folder
from sweep.nodes.propose import propose
from sweep.optimizer.stored_study import StoredStudy
from sweep.study.generation_plan import GenerationPlan
from sweep.study.study import open_current
from tests.pool.actions import sweep

pytestmark = pytest.mark.pool


def job_ad(config: str, here: Path) -> classad2.ClassAd:
    """The job ad of a trial of a shipped study, as condor_submit would make it."""
    with zipfile.ZipFile(here / "cats-and-dogs.zip", "w") as archive:
        archive.writestr("cat/1.png", b"")
    (here / "study.toml").write_text((resources.resource_folder("configs") / config).read_text())
    said = sweep("init", "study.toml").stdout
    assert "warning" not in said, said
    there = open_current(None)
    write_dag_folder(StoredStudy.open(there, writing=True), GenerationPlan(1, 1), None)
    propose(there, 0)
    words = ["trial=00000", "My.SweepTrial=0", "My.SweepGeneration=0", "DAGManJobId=1"]
    done = subprocess.run(
        ["condor_submit", *words, "-dry-run", "-", there.paths.submit.name],
        cwd=there.paths.dag, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "WARNING" not in done.stderr
    lines = [line for line in done.stdout.splitlines() if "=" in line]
    return classad2.parseOne("\n".join(lines))


def test_a_campus_pool_accepts_its_study(here: Path) -> None:
    ad = job_ad("campus-gpu.toml", here)
    params = propose(open_current(None), 0)[0].params
    assert ad["RequestMemory"] == 6000 + 8 * int(params["width"])
    assert (ad["WantGPULab"], ad["GPUJobLength"], ad["is_resumable"]) == (True, "short", True)
    assert (ad["GPUsMinCapability"], ad["GPUsMinMemory"], ad["RequestGPUs"]) == (7.5, 8192, 1)
    assert ad["Cmd"] == "/usr/bin/env"
    assert str(ad["Arguments"]) == "python3 -u -m trainer trial.json"
    assert "cats-and-dogs.zip" in ad["TransferInput"]
    assert "pytorch/pytorch:2.8.0" in str(ad.get("ContainerImage", "")) + str(ad.get("DockerImage", ""))


def test_the_open_science_pool_accepts_its_study(here: Path) -> None:
    ad = job_ad("ospool.toml", here)
    assert ad["JobDurationCategory"] == "Medium"
    assert "osdf:///ospool/ap40/data/you/cats-and-dogs-v1.zip" in ad["TransferInput"]
    assert "osdf:///ospool/ap40/data/you/torch-v1.sif" in ad["TransferInput"]
    assert ad["RequestMemory"] == 6144
    assert "slice_seconds" in open_current(None).paths.trial(0).spec.read_text()


def test_a_gpu_meets_a_job_s_requirements_or_not(here: Path) -> None:
    ad = job_ad("campus-gpu.toml", here)
    wanted = ad.lookup("RequireGPUs")
    for capability, memory, fits in ((8.0, 40000, True), (7.0, 40000, False), (8.0, 4000, False)):
        gpu = classad2.ClassAd({"Capability": capability, "GlobalMemoryMb": memory, "DeviceName": "x"})
        assert wanted.eval(scope=classad2.ClassAd({**ad, **gpu})) is fits
