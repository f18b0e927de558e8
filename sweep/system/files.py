"""Atomic writes, file locks and reads of torn files. Standard library only."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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


def write_first(path: Path, text: str) -> str:
    """Write a file atomically unless it exists, and return the text that the file then has."""
    new = path.with_name(f"{path.name}.{os.getpid()}")
    write_text(new, text)
    with contextlib.suppress(FileExistsError):
        os.link(new, path)
    new.unlink()
    return path.read_text(encoding="utf-8")


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
def locked(path: Path, *, wait: bool) -> Iterator[bool]:
    """Hold an exclusive lock on the file at `path`. Yields whether the lock was acquired, which `wait` guarantees.

    The kernel releases the lock when the process dies, so no lock is ever left behind.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


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
    return "\n".join(text.rstrip().splitlines()[-lines:])
