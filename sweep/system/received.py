"""Opens files that a job sent back. A job can leave anything under the name of a file. Standard library only."""

from __future__ import annotations

import errno
import os
import stat
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
