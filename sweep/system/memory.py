"""Measures the memory of a program and its children together, as HTCondor counts a job's memory."""

from __future__ import annotations

import contextlib
import resource
import sys
import threading
from pathlib import Path
from typing import Self

PERIOD_SECONDS = 0.2


class PeakMemory:
    """Measures the peak memory of a session's processes while its `with` block runs. `bytes` is the result.

    Without /proc, `bytes` is the peak of the largest process.
    """

    def __init__(self, session: int) -> None:
        self._session = session
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self.bytes = 0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        # Kilobytes on Linux, bytes on macOS (getrusage(2) of each).
        unit = 1 if sys.platform == "darwin" else 1024
        self.bytes = max(self.bytes, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit)

    def _watch(self) -> None:
        while not self._over.wait(PERIOD_SECONDS):
            self.bytes = max(self.bytes, session_bytes(self._session))


def session_bytes(session: int) -> int:
    """Return the proportional set size of a session's processes in bytes, shared memory counted once (proc(5))."""
    total = 0
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            # The session is the fourth field after the name, which is in parentheses and may contain anything.
            if int((process / "stat").read_text().rpartition(")")[2].split()[3]) == session:
                sizes = (process / "smaps_rollup").read_text()
                total += next(int(line.split()[1]) for line in sizes.splitlines() if line.startswith("Pss:")) * 1024
    return total
