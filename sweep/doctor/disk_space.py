"""Room for checkpoints: on the file system, and by the user's quota."""

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
class Room:
    """Bytes that may yet be written, and what bounds them."""

    free: int
    bound: str


def free_room(folder: Path) -> Room:
    """What may yet be written below a folder."""
    there = shutil.disk_usage(folder)
    quota = left_of_quota(_quota(), mounted_device(folder.stat().st_dev, Path("/proc/self/mountinfo")))
    if quota is not None and quota < there.free:
        return Room(quota, "of your quota")
    return Room(there.free, "on the disk")


def judge_room(room: Room, checkpoint: int, trials: int, source: str) -> Finding:
    """Whether so many more trials leave their checkpoints there: each the last one, and the one before it."""
    each = 2 * checkpoint
    text = (
        f"{readable_bytes(room.free)} left {room.bound}; {trials} more trials leave "
        f"{readable_bytes(trials * each)} "
        f"(checkpoints of {readable_bytes(checkpoint)}, two a trial; {source})"
    )
    if trials * each > room.free:
        return error(text, "Make room, run fewer trials, or search smaller networks.")
    if trials * each > room.free / 2:
        return warning(text, "Make room: outputs and logs come on top, and others write there too.")
    return ok(text)


def left_of_quota(said: str, device: str) -> int | None:
    """Bytes left of the quota on a device, by the output of `quota -wp`; None where there is no limit."""
    for line in said.splitlines():
        # Filesystem, then used, soft limit, hard limit in blocks of 1 KB; a star marks what is over.
        if match := re.match(r"\s*(\S+)\s+(\d+)\*?\s+(\d+)\s+(\d+)\s", line):
            limits = [int(limit) for limit in (match[3], match[4]) if int(limit)]
            if match[1] == device and limits:
                return max(0, min(limits) - int(match[2])) * KB
    return None


def mounted_device(number: int, table: Path) -> str:
    """What is mounted where a device number lies, '' where the table of mounts (proc(5)) does not say."""
    wanted = f"{os.major(number)}:{os.minor(number)}"
    for line in table.read_text(errors="replace").splitlines() if table.exists() else []:
        mount, _, source = line.partition(" - ")
        if mount.split()[2] == wanted:
            return source.split()[1]
    return ""


def _quota() -> str:
    """What the command `quota` says, '' where there is none."""
    if shutil.which("quota") is None:
        return ""
    try:
        done = subprocess.run(["quota", "-wp"], capture_output=True, text=True, check=False, timeout=30)
    except subprocess.TimeoutExpired:  # a file server that is away
        return ""
    return done.stdout
