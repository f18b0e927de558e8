"""A `[job]` section from what trials were seen to use, with margins. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from sweep.config.job import JobSection

MEMORY_MARGIN, DISK_MARGIN, GPU_MARGIN = 1.5, 1.5, 1.2
"""What is asked for, over what was seen: trials differ, and a job that asks for too little is held."""


GB = 2**30


@dataclass(frozen=True)
class Usage:
    """The most that a trial was seen to use, in bytes. `disk` is all files in the folder of the job."""

    memory: int
    disk: int
    gpu: int = 0


def job_disk_bytes(data: int, checkpoint: int) -> int:
    """Bytes on a job's disk: the data, packed and unpacked, and three checkpoints (one is being written)."""
    return 2 * data + 3 * checkpoint


def suggested_section(used: Usage, now: JobSection) -> str:
    """The section as TOML, in place of what a study has `now`."""
    container = "  # and the container" if now.container_image else ""
    lines = [
        "[job]",
        f"request_cpus = {now.request_cpus}",
        f'request_memory = "{request_size(used.memory * MEMORY_MARGIN)}"',
        f'request_disk = "{request_size(used.disk * DISK_MARGIN)}"{container}',
    ]
    if used.gpu or now.request_gpus:
        lines.append(f"request_gpus = {max(1, now.request_gpus)}")
    if used.gpu:
        lines.append(f'gpus_minimum_memory = "{request_size(used.gpu * GPU_MARGIN)}"')
    return "\n".join(lines)


def automatic_requests(used: Sequence[tuple[float, float]], enough: int) -> dict[str, str]:
    """What `resources = "auto"` asks for, given the memory (MB) and disk (KB) that the trials so far used at the most.

    That is the most of all, with a margin, once there are `enough` trials; before it asks for nothing of its own.
    """
    known = [(memory, disk) for memory, disk in used if memory and disk]
    if not known or len(known) < enough:
        return {}
    memory, disk = (max(column) for column in zip(*known, strict=True))
    return {
        "request_memory": str(math.ceil(memory * MEMORY_MARGIN / 128) * 128),
        "request_disk": str(math.ceil(disk * DISK_MARGIN / 1024) * 1024),
    }


def request_size(size: float) -> str:
    """A size in HTCondor's units, rounded up: to 512 MB below 4 GB, to whole GB above."""
    if size <= 3.5 * GB:
        halves = max(1, math.ceil(size / (GB / 2)))
        return f"{halves // 2} GB" if halves % 2 == 0 else f"{halves * 512} MB"
    return f"{math.ceil(size / GB)} GB"
