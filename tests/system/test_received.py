from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from sweep.system.received import ReceivedFileError, has_content, read_end, read_received


def make(kind: str, path: Path) -> None:
    """Leave something else than a regular file at `path`."""
    if kind == "link":
        path.symlink_to("/etc/hostname")
    elif kind == "dangling link":
        path.symlink_to("/nowhere")
    elif kind == "folder":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    elif kind == "socket":
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(str(path))


def test_a_regular_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"one\n\xff\n")
    assert read_received(tmp_path / "out") == "one\n\ufffd\n"


@pytest.mark.parametrize("kind", ["link", "dangling link", "folder", "fifo", "socket"])
def test_anything_else_is_an_error_at_once(tmp_path: Path, kind: str) -> None:
    make(kind, tmp_path / "metrics.jsonl")
    with pytest.raises(ReceivedFileError, match=r"metrics\.jsonl is "):
        read_received(tmp_path / "metrics.jsonl")


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_received(tmp_path / "metrics.jsonl")


def test_a_file_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("")
    with pytest.raises(ReceivedFileError):
        read_received(tmp_path / "logs" / "metrics.csv")


def test_a_sparse_file_of_two_gigabytes(tmp_path: Path) -> None:
    with (tmp_path / "out").open("wb") as handle:
        handle.truncate(2 * 2**30)
    with pytest.raises(ReceivedFileError, match="larger than 32 MB"):
        read_received(tmp_path / "out")


def test_a_limit_that_is_just_kept(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("four")
    assert read_received(tmp_path / "out", max_bytes=4) == "four"
    with pytest.raises(ReceivedFileError):
        read_received(tmp_path / "out", max_bytes=3)


def test_the_end_of_a_sparse_file_of_two_gigabytes(tmp_path: Path) -> None:
    with (tmp_path / "out").open("wb") as handle:
        handle.seek(2 * 2**30)
        handle.write(b"the end")
    assert read_end(tmp_path / "out", 7) == ("the end", 2 * 2**30)


def test_a_short_file_is_its_own_end(tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"all \xff")
    assert read_end(tmp_path / "out", 100) == ("all \ufffd", 0)


@pytest.mark.parametrize("kind", ["link", "dangling link", "folder", "fifo", "socket"])
def test_only_a_regular_file_has_content(tmp_path: Path, kind: str) -> None:
    make(kind, tmp_path / "checkpoint")
    assert not has_content(tmp_path / "checkpoint")


def test_a_file_with_content(tmp_path: Path) -> None:
    assert not has_content(tmp_path / "checkpoint")
    (tmp_path / "checkpoint").write_text("")
    assert not has_content(tmp_path / "checkpoint")
    assert not has_content(tmp_path / "checkpoint" / "below a file")
    (tmp_path / "checkpoint").write_text("a model")
    assert has_content(tmp_path / "checkpoint")
