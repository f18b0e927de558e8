"""How many jobs fit into a pool, by ads of slots and jobs as HTCondor 25 writes them."""

from __future__ import annotations

import pytest

from sweep.doctor.finding import Finding, Level
from sweep.doctor.slot_matching import judge_match, match_pool
from sweep.pool.classads import Ad
from tests.samples import ad
from tests.slot_samples import A100, GTX, H200, machine, pool, static


def job(gpus: int = 1, require: str = "", memory: int = 8192, cores: int = 4, requirements: str = "true") -> Ad:
    needs = f"RequireGPUs = {require};" if require else ""
    counted = "countMatches(MY.RequireGPUs,TARGET.AvailableGPUs)" if require else "TARGET.GPUs"
    asks = f"RequestGPUs = {gpus}; {needs}" if gpus else ""
    tested = f" && ({counted} >= RequestGPUs)" if gpus else ""
    return ad(f"""[ RequestCpus = {cores}; RequestMemory = {memory}; RequestDisk = 1000; {asks}
        GPUsMinCapability = 7.5; GPUsMinMemory = 40960;
        Requirements = ({requirements}) && (TARGET.Memory >= RequestMemory){tested} ]""")


MODERN = "Capability >= GPUsMinCapability"
LARGE = f"{MODERN} && GlobalMemoryMb >= GPUsMinMemory"


@pytest.mark.parametrize(
    ("asked", "chain", "places"),
    [
        (job(), "10 GPUs", 10),
        (job(require=MODERN), "10 GPUs; GPU capability >= 7.5 leaves 7", 7),
        (job(require=LARGE), "10 GPUs; GPU capability >= 7.5 leaves 7; GPU memory >= 40 GB leaves 3", 3),
        # Demands add up: those of capability 9 have little memory around them.
        (job(require="Capability >= 9.0"), "10 GPUs; GPU capability >= 9 leaves 1", 1),
        (
            job(require="Capability >= 9.0", memory=64 * 1024),
            "10 GPUs; GPU capability >= 9 leaves 1; memory >= 64 GB leaves 0",
            0,
        ),
        (job(gpus=3), "10 GPUs; GPUs in a slot >= 3 leaves 7", 2),
        (job(gpus=2, require=LARGE), "10 GPUs; GPUs in a slot >= 2 leaves 9; GPU capability >= 7.5 leaves 6; "
         "GPU memory >= 40 GB leaves 2", 1),
        (job(require='DeviceName == "Tesla T4"'), '10 GPUs; GPU name == "Tesla T4" leaves 0', 0),
        # A demand of which one part would do is told whole.
        (job(require='Capability > 8.5 || DeviceName == "x"'),
         '10 GPUs; Capability > 8.5 || DeviceName == "x" leaves 1', 1),
        # Without GPUs slots count, and how many jobs each has room for.
        (job(gpus=0), "5 slots", 4 * 8 + 4),
        (job(gpus=0, memory=100 * 1024), "5 slots; memory >= 100 GB leaves 4", 4 * 2),
        (job(gpus=0, cores=64), "5 slots; cores >= 64 leaves 0", 0),
        (job(gpus=0, requirements='TARGET.OpSysMajorVer =?= 9 && Arch == "X86_64"'),
         "5 slots; OpSysMajorVer is 9 leaves 0", 0),
    ],
)  # fmt: skip
def test_each_demand_and_what_it_leaves(asked: Ad, chain: str, places: int) -> None:
    found = match_pool(asked, pool())
    assert (found.chain, found.capacity) == (chain, places)


def test_static_slots_have_room_for_one_job() -> None:
    assert match_pool(job(gpus=0, cores=1), [static(16384), static(16384), static(4096)]).capacity == 2


def test_a_device_that_is_offline_is_none() -> None:
    there = machine(A100, A100, more='OfflineGPUs = "GPU-1";')
    there["TotalSlotGPUs"] = 1
    assert match_pool(job(require=MODERN), [there]).capacity == 1


def test_a_slot_s_own_rules_are_asked_with_the_job_s_attributes() -> None:
    lab = machine(A100, start='TARGET.WantGPULab =?= true && TARGET.GPUJobLength =?= "short"')
    plain, wanted = job(), job()
    wanted.update({"WantGPULab": True, "GPUJobLength": "short"})
    assert match_pool(wanted, [lab]).capacity == 1
    found = match_pool(plain, [lab])
    assert found.chain == "1 GPU; what slots require of jobs (START) leaves 0"
    assert found.losses[0].offer == "Most slots refuse the job because this is not true: TARGET.WantGPULab is true. "


def said(asked: Ad, slots: list[Ad], wanted: int = 1) -> Finding:
    return judge_match(match_pool(asked, slots), wanted)


def test_no_match_is_an_error_with_what_there_is() -> None:
    found = said(job(require="GlobalMemoryMb >= 200000"), pool())
    assert found.level == Level.ERROR
    assert found.text == "no job can start: 10 GPUs; GPU memory >= 195 GB leaves 0"
    assert found.advice.startswith("The pool has at most 140 GB. ")
    assert said(job(gpus=0, memory=10 * 2**20), pool()).advice.startswith("The pool has at most 256 GB. ")
    # The best of what the demands before have left, not of the whole pool.
    assert (
        "The pool has at most 10.9 GB" in said(job(require="Capability < 7 && GlobalMemoryMb > 20000"), pool()).advice
    )
    named = said(job(require='DeviceName == "Tesla T4"'), pool()).advice
    assert named.startswith("The pool has NVIDIA A100-SXM4-40GB, NVIDIA GeForce GTX 1080 Ti, NVIDIA A100-SXM4-80GB,")


def test_a_pool_without_what_is_asked() -> None:
    assert said(job(), [machine()]).text == "the pool has no GPUs"
    assert said(job(gpus=0), []).level == Level.ERROR


def test_few_matches_are_a_warning_that_names_the_dearest_demand() -> None:
    found = said(job(require=LARGE), pool(), wanted=8)
    assert found.level == Level.WARNING
    assert found.advice.startswith("GPU memory >= 40 GB costs the most: 4 GPUs. The pool has at most 140 GB.")
    assert said(job(require=LARGE), pool(), wanted=3).level == Level.OK
    even = said(job(require="Capability > 7 && Capability < 9"), [machine(GTX), machine(H200), machine(A100)], 2)
    assert even.advice.startswith("GPU capability > 7 costs the most: 1 GPU. The pool has at most 9.")
    # A pool that is small is no fault of the demands.
    assert said(job(gpus=0), [static(16384)], wanted=8).level == Level.ERROR  # it has 1 core
    assert said(job(gpus=0, cores=1), [static(16384)], wanted=8).level == Level.OK
