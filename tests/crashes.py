"""Kills a function at its writes: its process ends there as by SIGKILL, and nothing is unwound.

What such a process leaves is its files, as they are at the write, and nothing else. So one run that copies them before
each write gives what all the kills leave. The processes are forked from a small one (tests/warm.py). A fork of the test
process, with all that other tests have in memory, would take longer than most of these functions.
"""

from __future__ import annotations

import errno
import gc
import multiprocessing
import os
import shutil
import signal
import sqlite3
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError

from sweep.control import initialise
from sweep.nodes import post_server
from sweep.optimizer import storages

KILLED = 99
"""Exit status of a process that died at a write."""

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.utime"}

_reached: Callable[[str], None] | None = None
"""In the process that is to die: called before each write with what it is about to do."""


def _audit(event: str, arguments: tuple[Any, ...]) -> None:
    if _reached is None:
        return
    if event in CHANGES or (event == "open" and isinstance(arguments[0], str) and arguments[2] & WRITES):
        _reached(f"{event} {arguments[0]}")


def _statement(_c: Any, _cursor: Any, statement: str, _p: Any, _context: Any, _many: bool) -> None:
    if _reached is not None and statement.split()[0] in ("INSERT", "UPDATE", "DELETE", "CREATE"):
        _reached(f"sql {statement.split()[0]}")


def _commit(_: Any) -> None:
    if _reached is not None:
        _reached("sql COMMIT")


def _hasty(connection: Any, _: Any) -> None:
    connection.execute("PRAGMA synchronous = OFF")


# See docs.python.org/3/library/audit_events.html: there is no way to take an audit hook back.
sys.addaudithook(_audit)
sqlalchemy.event.listen(Engine, "before_cursor_execute", _statement)
sqlalchemy.event.listen(Engine, "commit", _commit)


@contextmanager
def without_fsync() -> Iterator[None]:
    """Wait for no disk: a process that is killed does not damage the file system."""
    before = os.fsync
    setattr(os, "fsync", lambda _: None)  # noqa: B010
    sqlalchemy.event.listen(Engine, "connect", _hasty)
    yield
    sqlalchemy.event.remove(Engine, "connect", _hasty)
    setattr(os, "fsync", before)  # noqa: B010


_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.warm"])


def in_a_process(action: Callable[[], int], reached: Callable[[str], None] | None = None) -> int:
    """Run `action` in a process of its own, in this folder and environment, and return its exit status.

    `action` and `reached` are pickled; define them in tests/crash_actions.py or here.
    """
    process = _FORKS.Process(target=_run, args=(action, reached, dict(os.environ)))
    process.start()
    process.join()
    assert process.exitcode is not None
    return process.exitcode


def _run(action: Callable[[], int], reached: Callable[[str], None] | None, environment: dict[str, str]) -> None:
    global _reached
    os.environ.clear()
    os.environ.update(environment)
    make_hasty()
    gc.disable()  # it would touch, and so copy, all that the process was forked with
    status = 1
    try:
        _reached = reached
        status = action()
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def make_hasty() -> None:
    """Wait neither for a disk nor for another process: called in a process that tests start."""
    setattr(os, "fsync", lambda _: None)  # noqa: B010
    sqlalchemy.event.listen(Engine, "connect", _hasty)
    post_server.LINGER_SECONDS = 0.0
    storages.BUSY_SECONDS = 0  # a transaction that failed holds its own process up
    setattr(initialise, "sweep_commit", lambda: None)  # noqa: B010


@dataclass
class Kill:
    """Die before the nth write."""

    nth: int

    def __call__(self, _: str) -> None:
        self.nth -= 1
        if self.nth == 0:
            os._exit(KILLED)


@dataclass
class Hold:
    """Stop before the first write that names `text`, as by SIGSTOP."""

    text: str

    def __call__(self, what: str) -> None:
        if self.text and self.text in what:
            self.text = ""
            os.kill(os.getpid(), signal.SIGSTOP)


@contextmanager
def held(action: Callable[[], int], text: str) -> Iterator[Callable[[], None]]:
    """Start `action` in a process of its own, and stop it before the first write that names `text`.

    Yields a function that lets it continue. At the end it continues in any case, and must succeed.
    """
    from tests import actions  # imports pytest, which the processes do not need

    process = _FORKS.Process(target=_run, args=(action, Hold(text), dict(os.environ)))
    process.start()
    stat = Path(f"/proc/{process.pid}/stat")
    actions.wait_for(lambda: stat.read_text().rpartition(")")[2].split()[0] == "T", f"it writes {text}")

    def resume() -> None:
        assert process.pid
        with suppress(ProcessLookupError):  # it has ended
            os.kill(process.pid, signal.SIGCONT)

    try:
        yield resume
    finally:
        resume()
        process.join()
    assert process.exitcode == 0


@dataclass
class Full:
    """From the nth write on the disk is full, for files and for a database's commits; removing goes on to work.

    `note` is made when that write is reached.
    """

    nth: int
    note: Path

    def __call__(self, what: str) -> None:
        if what.startswith(("os.remove", "sql INSERT", "sql UPDATE")) or what == f"open {self.note}":
            return
        self.nth -= 1
        if self.nth <= 0:
            os.close(os.open(self.note, os.O_CREAT))
            if what.startswith("sql"):
                raise OperationalError(what, None, sqlite3.OperationalError("database or disk is full"))
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), what)


Contents = frozenset[tuple[str, int, bytes]]
"""Of a folder: the path, the time and the text of each file."""


def contents(folder: Path) -> Contents:
    """Return what is in a folder; of SQLite's rollback journals, that they are there.

    While the database is as it was before a transaction, the journal only says so, however long it has become.
    """
    found = []
    for path in folder.rglob("*"):
        whole = path.is_file() and not path.name.endswith("-journal")
        found.append((str(path), path.stat().st_mtime_ns if whole else 0, path.read_bytes() if whole else b""))
    return frozenset(found)


@dataclass
class Copies:
    """Copy the folder `root` to `into` before every `stride`th write, but the same contents only once."""

    root: Path
    into: Path
    stride: int
    nth: int = 0
    copied: set[Contents] = field(default_factory=set)

    def __call__(self, _: str) -> None:
        global _reached
        _reached = None  # a copy is no write of the function
        if self.nth % self.stride == 0 and self.root.exists() and (there := contents(self.root)) not in self.copied:
            self.copied.add(there)
            shutil.copytree(self.root, self.into / f"write-{self.nth:04}")
        self.nth += 1
        _reached = self


def run_and_kill(action: Callable[[], int], root: Path, into: Path, stride: int = 1) -> tuple[int, list[Path]]:
    """Run `action`, and return its exit status and what kills at every `stride`th write leave of the folder `root`.

    Those are folders in `into`. Put each in the place of `root`, one after the other.
    """
    into.mkdir()
    status = in_a_process(action, Copies(root, into, stride))
    return status, sorted(into.iterdir())


def replace(folder: Path, by: Path) -> None:
    """Put another folder in the place of a folder."""
    shutil.rmtree(folder)
    by.rename(folder)


def each_full_disk(restore: Callable[[], None], action: Callable[[], int], note: Path) -> Iterator[tuple[int, int]]:
    """The same with a disk that is full from every third write on; yields the write, and the exit status."""
    nth = -2
    while True:
        nth += 3
        restore()
        note.unlink(missing_ok=True)
        status = in_a_process(action, Full(nth, note))
        if not note.exists():
            return
        yield nth, status
