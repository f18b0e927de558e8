"""Suggests a `[job]` section: what trials used, plus margins. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from sweep.config.job import JobSection

MEMORY_MARGIN, DISK_MARGIN, GPU_MARGIN = 1.5, 1.5, 1.2
"""Factors from what was used to what is requested: trials differ, and a job that requests too little is held."""

GB = 2**30


@dataclass(frozen=True)
class Usage:
    """The most that any trial used, in bytes. `disk` counts all files in the folder of the job."""

    memory: int
    disk: int
    gpu: int = 0


def job_disk_bytes(data: int, checkpoint: int) -> int:
    """Return the bytes on a job's disk: the data, packed and unpacked, and three checkpoints.

    These are the checkpoint, the previous one, and the one that is being written.
    """
    return 2 * data + 3 * checkpoint


def suggested_section(used: Usage, current: JobSection) -> str:
    """Return a `[job]` section as TOML, to replace the sizes of the study's `current` one."""
    container = "  # plus the size of the container image" if current.container_image else ""
    lines = [
        "[job]",
        f"request_cpus = {current.request_cpus}",
        f'request_memory = "{request_size(used.memory * MEMORY_MARGIN)}"',
        f'request_disk = "{request_size(used.disk * DISK_MARGIN)}"{container}',
    ]
    if used.gpu or current.request_gpus:
        lines.append(f"request_gpus = {max(1, current.request_gpus)}")
    if used.gpu:
        lines.append(f'gpus_minimum_memory = "{request_size(used.gpu * GPU_MARGIN)}"')
    return "\n".join(lines)


def automatic_requests(used: Sequence[tuple[float, float]], enough: int) -> dict[str, str]:
    """Return the requests of `resources = "auto"`: the most that a trial used, plus a margin.

    `used` has the memory (MB) and disk (KB) of each trial so far. Returns {} until there are `enough` trials.
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
    """Return a size in bytes in HTCondor's units, rounded up to 512 MB below 4 GB, and to whole GB above."""
    if size <= 3.5 * GB:
        halves = max(1, math.ceil(size / (GB / 2)))
        return f"{halves // 2} GB" if halves % 2 == 0 else f"{halves * 512} MB"
    return f"{math.ceil(size / GB)} GB"
