"""Finds how much disk space and quota a user has left, and whether checkpoints fit in it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from sweep.doctor.finding import Finding, error, ok, warning
from sweep.units import readable_bytes

KB = 1024


@dataclass(frozen=True)
class FreeSpace:
    """The bytes that can still be written. `source` is what limits them: "on the disk" or "of your quota"."""

    size: int
    source: str

    def __str__(self) -> str:
        return f"{readable_bytes(self.size)} left {self.source}"


def free_space(folder: Path) -> FreeSpace:
    """Return the space left for the user in a folder, by the disk and the user's quota."""
    disk = shutil.disk_usage(folder)
    quota = quota_left(_quota_output(), mounted_device(folder.stat().st_dev, Path("/proc/self/mountinfo")))
    if quota is not None and quota < disk.free:
        return FreeSpace(quota, "of your quota")
    return FreeSpace(disk.free, "on the disk")


def judge_space(space: FreeSpace, checkpoint: int, trials: int, source: str) -> Finding:
    """Judge whether the checkpoints of `trials` more trials fit. Each trial keeps two: the last and the one before.

    `checkpoint` is the size of one in bytes, and `source` is where this size comes from.
    """
    needed = trials * 2 * checkpoint
    text = (
        f"{space}; {trials} more trials need {readable_bytes(needed)} "
        f"(two checkpoints of {readable_bytes(checkpoint)} for each trial, {source})"
    )
    if needed > space.size:
        return error(text, "Free some space, run fewer trials, or search smaller networks.")
    if needed > space.size / 2:
        return warning(text, "Free some space: outputs and logs need more, and other users write here too.")
    return ok(text)


def quota_left(output: str, device: str) -> int | None:
    """Return the bytes left of the quota on a device, from the output of `quota -wp`; None if there is no limit."""
    for line in output.splitlines():
        # Filesystem, then used, soft limit, hard limit in blocks of 1 KB; a star marks what is over its limit.
        if match := re.match(r"\s*(\S+)\s+(\d+)\*?\s+(\d+)\s+(\d+)\s", line):
            limits = [int(limit) for limit in (match[3], match[4]) if int(limit)]
            if match[1] == device and limits:
                return max(0, min(limits) - int(match[2])) * KB
    return None


def mounted_device(number: int, mountinfo: Path) -> str:
    """Return the name of the mounted device with this device number, '' if /proc/self/mountinfo (proc(5)) has none."""
    wanted = f"{os.major(number)}:{os.minor(number)}"
    for line in mountinfo.read_text(errors="replace").splitlines() if mountinfo.exists() else []:
        mount, _, source = line.partition(" - ")
        if mount.split()[2] == wanted:
            return source.split()[1]
    return ""


def _quota_output() -> str:
    """Return what the command `quota` prints, '' if it is missing or a file server does not answer."""
    if shutil.which("quota") is None:
        return ""
    try:
        done = subprocess.run(["quota", "-wp"], capture_output=True, text=True, check=False, timeout=30)
    except subprocess.TimeoutExpired:
        return ""
    return done.stdout
