"""Waits for a lock for a bounded time, and says who holds it. Standard library only."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from sweep.errors import StudyError
from sweep.system.files import locked
from sweep.units import one_line

SAY_SECONDS = 1.0
"""Seconds after which a command says for whom it waits."""

SUSPENDED_SECONDS = 10.0
"""Seconds to wait for a holder that is suspended (SIGSTOP, or Ctrl-Z)."""

STILL_SECONDS = 60.0
"""Seconds to wait for a holder that uses no processor time, for example because its disk does not answer."""

WAIT_SECONDS = 1200.0
"""Seconds to wait for any holder: more than `sweep stop` waits for the last job."""

POLL_SECONDS = 0.05


@dataclass(frozen=True)
class Holder:
    """Who holds a lock, by what it wrote into the lock's file."""

    pid: int
    host: str
    command: str

    @classmethod
    def read(cls, path: Path) -> Holder | None:
        """Return the holder of a lock; None if the file does not say."""
        try:
            pid, host, command = path.read_text(encoding="utf-8", errors="replace").strip().split(" ", 2)
            return cls(int(pid), host, one_line(command, 200))
        except (OSError, ValueError):
            return None

    @property
    def is_here(self) -> bool:
        return self.host == os.uname().nodename

    def __str__(self) -> str:
        return f"process {self.pid} ({self.command})" + ("" if self.is_here else f" on {self.host}")


@dataclass(frozen=True)
class ProcessState:
    """The state letter of a process in proc(5), and the processor time that it has used, in ticks."""

    letter: str
    ticks: int

    @classmethod
    def read(cls, holder: Holder | None) -> ProcessState | None:
        """Return the state of a lock's holder; None if it is not a process of this machine."""
        try:
            if holder is None or not holder.is_here:
                return None
            fields = Path(f"/proc/{holder.pid}/stat").read_text(errors="replace").rpartition(")")[2].split()
            return cls(fields[0], int(fields[11]) + int(fields[12]))
        except (OSError, ValueError, IndexError):
            return None


@dataclass
class LockWait:
    """How long a command has waited for a lock, and what it saw of the holder."""

    path: Path
    say: Callable[[str], None]
    since: float
    _said: str = ""
    _holder: Holder | None = None
    _held_since: float = field(init=False)
    _state: ProcessState | None = None
    _moved: float = field(init=False)

    def __post_init__(self) -> None:
        self._held_since = self._moved = self.since

    def look(self, now: float, holder: Holder | None, state: ProcessState | None) -> None:
        """Say who holds the lock, once for each holder. Raises StudyError if waiting on would lead to nothing."""
        # A process that has just taken the lock may not have written who it is.
        holder = holder or self._holder
        if holder != self._holder:
            self._holder, self._held_since = holder, now
        if state is None or state != self._state:
            self._state, self._moved = state, now
        waits_for = str(holder) if holder else "another process"
        if now - self._held_since >= SAY_SECONDS and waits_for != self._said:
            self._said = waits_for
            self.say(f"waiting for {waits_for}")
        if why := why_give_up(state, now - self._moved, now - self.since):
            raise StudyError(f"{waits_for} holds {self.path} and {why}", _advice(holder))


def why_give_up(state: ProcessState | None, still_seconds: float, seconds: float) -> str:
    """Return why waiting for a lock's holder would lead to nothing, '' if it may still end by itself."""
    if state and state.letter in "Tt" and still_seconds >= SUSPENDED_SECONDS:
        return "is suspended"
    if state and still_seconds >= STILL_SECONDS:
        return f"has done nothing for {STILL_SECONDS:.0f} s (state {state.letter})"
    return f"has not released it in {WAIT_SECONDS / 60:.0f} minutes" if seconds >= WAIT_SECONDS else ""


def _advice(holder: Holder | None) -> str:
    if holder is None:
        return "Find out which process has that file open, and end the process. Then run the same command again."
    if not holder.is_here:
        return f"On {holder.host}, run: kill -9 {holder.pid}\nThen run the same command again. No trial is lost."
    return (
        f"To let it continue, run: kill -CONT {holder.pid}\n"
        f"To end it, run: kill -9 {holder.pid}\nThen run the same command again. No trial is lost."
    )


@contextlib.contextmanager
def hold_lock(path: Path, say: Callable[[str], None], *, shared: bool = False) -> Iterator[None]:
    """Hold a lock on the file at `path`, as `locked` does, but do not wait for it without end.

    Raises StudyError, which names the holder, if that is suspended, does nothing, or does not end.
    """
    wait = LockWait(path, say, time.monotonic())
    while True:
        with locked(path, wait=False, shared=shared) as is_ours:
            if is_ours:
                yield
                return
        holder = Holder.read(path)
        wait.look(time.monotonic(), holder, ProcessState.read(holder))
        time.sleep(POLL_SECONDS)
