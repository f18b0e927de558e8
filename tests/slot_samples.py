"""Ads of slots, as HTCondor 25 writes them."""

from __future__ import annotations

from sweep.pool.classads import Ad
from tests.samples import ad

A100 = ("NVIDIA A100-SXM4-40GB", 8.0, 40536)


A100_80 = ("NVIDIA A100-SXM4-80GB", 8.0, 81152)


H200 = ("NVIDIA H200", 9.0, 143167)


GTX = ("NVIDIA GeForce GTX 1080 Ti", 6.1, 11178)


Device = tuple[str, float, int]


def machine(*devices: Device, memory: int = 256 * 1024, cores: int = 32, start: str = "true", more: str = "") -> Ad:
    """A partitionable slot, all of which other jobs have."""
    properties = "".join(
        f'GPUs_GPU_{number} = [ Id = "GPU-{number}"; DeviceName = "{name}"; Capability = {capability}; '
        f"GlobalMemoryMb = {megabytes} ];"
        for number, (name, capability, megabytes) in enumerate(devices)
    )
    return ad(f"""[
        SlotType = "Partitionable"; PartitionableSlot = true; MachineResources = "Cpus Memory Disk Swap GPUs";
        Cpus = 0; TotalSlotCpus = {cores}; Memory = 128; TotalSlotMemory = {memory}; Disk = 7; TotalSlotDisk = 10000000;
        GPUs = 0; TotalSlotGPUs = {len(devices)}; AvailableGPUs = {{ }}; {properties}
        Arch = "X86_64"; OpSys = "LINUX"; HasFileTransfer = true; HasSelfCheckpointTransfers = true;
        CondorVersion = "$CondorVersion: 25.14.1 2026-10-16 $"; Start = {start}; {more}
        WithinResourceLimits = MY.Cpus > 0 && TARGET.RequestCpus <= MY.Cpus && TARGET.RequestMemory <= MY.Memory;
        Requirements = START && (WithinResourceLimits) ]""")


def part(of: Ad) -> Ad:
    """A dynamic slot, in which a job runs."""
    piece = ad(str(of))
    piece.update({"SlotType": "Dynamic", "DynamicSlot": True, "PartitionableSlot": False, "Cpus": 4, "Memory": 8192})
    return piece


def static(memory: int) -> Ad:
    return ad(f"""[ SlotType = "Static"; Cpus = 1; Memory = {memory}; Disk = 5000000; Arch = "X86_64";
                    Start = true; Requirements = START ]""")


def pool() -> list[Ad]:
    machines = [machine(A100, A100, A100, A100), machine(A100_80, A100_80), machine(GTX, GTX, GTX), machine()]
    others = [part(machines[0]), part(machines[3]), machine(A100_80, A100_80, more="BackfillSlot = true;")]
    return [*machines, *others, machine(H200, memory=32 * 1024)]
