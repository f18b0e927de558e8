"""Finds processes of this machine and what they do, by /proc, and the holders of locks. Standard library only."""

from __future__ import annotations

import contextlib
import fcntl
import struct
from dataclasses import dataclass
from pathlib import Path

STRUCT_FLOCK = "hhqqi4x"
"""The C struct flock of 64-bit Linux (fcntl(2)): type, whence, start, length, PID."""


@dataclass(frozen=True)
class Process:
    """A process of this machine. `state` is its letter in /proc/PID/stat (proc(5)), as T for a stopped one."""

    pid: int
    state: str
    command: str = ""


def find_process(pid: int) -> Process | None:
    """Return the process of a PID, None if this machine has none."""
    folder = Path("/proc", str(pid))
    try:
        text = (folder / "stat").read_text(encoding="utf-8", errors="replace")
        command = (folder / "cmdline").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # The name in brackets may contain anything.
    return Process(pid, text.rpartition(")")[2].split()[0], command.replace("\0", " ").strip())


def processes_in(folder: Path) -> list[Process]:
    """Return the user's processes that have a folder as their working directory."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        # Another user's process, or one that has just ended.
        with contextlib.suppress(OSError):
            if (entry / "cwd").readlink() == folder and (process := find_process(int(entry.name))):
                found.append(process)
    return found


def posix_lock_holder(file: Path) -> int:
    """Return the PID of the process with an fcntl lock on a file, as DAGMan has; 0 if there is no such process or file.

    The number means nothing on this machine if the process runs on another one.
    """
    with contextlib.suppress(OSError), file.open("rb") as handle:
        asked = struct.pack(STRUCT_FLOCK, fcntl.F_RDLCK, 0, 0, 0, 0)
        kind, *_, pid = struct.unpack(STRUCT_FLOCK, fcntl.fcntl(handle, fcntl.F_GETLK, asked))
        return 0 if kind == fcntl.F_UNLCK else int(pid)
    return 0


def is_flock_held(file: Path) -> bool:
    """Return whether a process holds the lock of `sweep.system.files.locked` on a file."""
    with contextlib.suppress(OSError), file.open("rb") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
    return False
