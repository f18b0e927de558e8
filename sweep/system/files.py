"""Atomic writes, file locks and reads of torn files. Standard library only."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from sweep.system.received import ReceivedFileError, read_end


def write_text(path: Path, text: str, mode: int = 0o666) -> None:
    """Write a file atomically and durably: temporary name, fsync, rename, fsync of the folder.

    The process's umask takes bits from `mode`, so that the user decides who else may read the file.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with open(temporary, "w", encoding="utf-8", opener=lambda name, flags: os.open(name, flags, mode)) as handle:
            handle.write(text)
            handle.flush()
            os.fsync(handle.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def create_empty(path: Path) -> None:
    """Create an empty file, unless there is something. Does not follow a symbolic link, as Path.touch does."""
    with contextlib.suppress(FileExistsError):
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666))


def write_json(path: Path, value: Any) -> None:
    """Write indented JSON as `write_text` does. Raises ValueError for NaN and infinity."""
    write_text(path, json.dumps(value, indent=2, allow_nan=False) + "\n")


def json_lines(text: str) -> list[dict[str, Any]]:
    """Return the JSON objects of a text with one on each line. Skips lines that are torn or no objects."""
    found = []
    for line in text.splitlines():
        with contextlib.suppress(ValueError, RecursionError):
            value = json.loads(line)
            if isinstance(value, dict):
                found.append(value)
    return found


@contextlib.contextmanager
def locked(path: Path, *, wait: bool, shared: bool = False) -> Iterator[bool]:
    """Hold a lock on the file at `path`. Yields whether the lock was acquired, which `wait` guarantees.

    Holders of a `shared` lock exclude those of an exclusive one only.

    The kernel releases the lock when the process dies, so no lock is ever left behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab", buffering=0) as handle:
        try:
            kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
            fcntl.flock(handle, kind if wait else kind | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        _write_holder(handle)
        yield True


def _write_holder(handle: BinaryIO) -> None:
    """Write who holds a lock into its file: process, machine and command, for the messages of those that wait."""
    program = Path(sys.argv[0]).stem
    command = " ".join([{"__main__": "sweep", "node": "sweep.node"}.get(program, program), *sys.argv[1:]])[:200]
    with contextlib.suppress(OSError):  # the disk may be full
        handle.truncate(0)
        handle.write(os.fsencode(f"{os.getpid()} {os.uname().nodename} {command}\n"))


def tail(path: Path, lines: int = 20, max_bytes: int = 8192) -> str:
    """Return the last `lines` lines of a text file, '' if there is no file. Reads at most `max_bytes`.

    If there is something else than a regular file, which a job may have left, it returns a note in brackets.
    """
    try:
        text, _ = read_end(path, max_bytes)
    except FileNotFoundError:
        return ""
    except ReceivedFileError as error:
        return f"[{error}]"
    # At newlines alone: a job may put other line ends into what HTCondor writes into a log.
    return "\n".join(text.rstrip().split("\n")[-lines:])
