"""Opens files that a job sent back. A job can leave anything under the name of a file. Standard library only."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO

MAX_BYTES = 32 * 2**20
"""Size of the largest file of a job that sweep reads as text."""

_JOBS_FAULT = {
    errno.ELOOP: "is a symbolic link",
    errno.EACCES: "may not be read",
    errno.EPERM: "may not be read",
    errno.ENXIO: "is no regular file",
    errno.ENODEV: "is no regular file",
    errno.ENOTDIR: "is in something that is no folder",
}
"""Errors of open(2) that come from what a job left, not from the disk."""


MOST_ENTRIES = 10_000
"""Most files and folders whose permissions are restricted, so that a job cannot keep sweep busy."""


class ReceivedFileError(ValueError):
    """What a job left in place of a file cannot be read."""


def open_received(path: Path) -> BinaryIO:
    """Open a regular file for reading, without following a symbolic link, and without waiting for a FIFO.

    Raises FileNotFoundError if there is none, ReceivedFileError if it is something else or may not be read.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        if error.errno in _JOBS_FAULT:
            raise ReceivedFileError(f"{path.name} {_JOBS_FAULT[error.errno]}") from None
        raise
    mode = os.fstat(descriptor).st_mode
    if not stat.S_ISREG(mode):
        os.close(descriptor)
        raise ReceivedFileError(f"{path.name} is {'a folder' if stat.S_ISDIR(mode) else 'no regular file'}")
    return os.fdopen(descriptor, "rb")


def read_received(path: Path, max_bytes: int = MAX_BYTES) -> str:
    """Return the text of a regular file; bytes that are not UTF-8 become U+FFFD.

    Raises FileNotFoundError if there is none, ReceivedFileError if it is larger than `max_bytes`, or cannot be read.
    """
    with open_received(path) as handle:
        content = handle.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise ReceivedFileError(f"{path.name} is larger than {max_bytes / 2**20:g} MB, the most that sweep reads")
    return content.decode("utf-8", errors="replace")


def read_end(path: Path, max_bytes: int) -> tuple[str, int]:
    """Return the text at the end of a regular file, at most `max_bytes` of it, and the number of bytes before it.

    Raises FileNotFoundError if there is none, ReceivedFileError if it cannot be read.
    """
    with open_received(path) as handle:
        start = max(0, handle.seek(0, os.SEEK_END) - max_bytes)
        handle.seek(start)
        return handle.read(max_bytes).decode("utf-8", errors="replace"), start


def has_content(path: Path) -> bool:
    """Return whether there is a regular file that is not empty."""
    try:
        state = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    return stat.S_ISREG(state.st_mode) and state.st_size > 0


def restrict_modes(folder: Path, allowed: int) -> None:
    """Take from what a job left in a folder the permissions of others that are not in `allowed`, a mode.

    HTCondor gives files the modes that they had in the job, so a job could let every user change them.
    """
    for path in islice(_entries(folder), MOST_ENTRIES):
        with contextlib.suppress(OSError):
            mode = path.lstat().st_mode
            if stat.S_ISREG(mode):
                wanted = stat.S_IMODE(mode) & (allowed | stat.S_IRWXU) & 0o777
            elif stat.S_ISDIR(mode):
                wanted = stat.S_IMODE(mode) & (allowed | ~0o777) | stat.S_IRWXU
            else:
                continue
            if wanted != stat.S_IMODE(mode):
                path.chmod(wanted)


def _entries(folder: Path) -> Iterator[Path]:
    """Yield all files and folders in a folder, each folder before its content. Follows no link."""
    for place, folders, files in os.walk(folder):
        yield from (Path(place, name) for name in (*folders, *files))
