from __future__ import annotations

import os
import socket
import stat
from pathlib import Path

import pytest

from sweep.system.received import ReceivedFileError, has_content, read_end, read_received, restrict_modes


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


@pytest.mark.parametrize(
    ("allowed", "file", "folder"), [(0o755, 0o644, 0o755), (0o700, 0o600, 0o700), (0o775, 0o664, 0o775)]
)
def test_a_job_cannot_let_other_users_in(tmp_path: Path, allowed: int, file: int, folder: int) -> None:
    trial = tmp_path / "00000"
    (trial / "logs" / "deep").mkdir(parents=True)
    for name in ("metrics.jsonl", "logs/deep/a\nb"):
        (trial / name).write_text("")
        (trial / name).chmod(0o4666)
    (trial / "logs" / "deep").chmod(0o777)
    (trial / "logs" / "private").write_text("")
    (trial / "logs" / "private").chmod(0o600)
    (tmp_path / "elsewhere").write_text("")
    (tmp_path / "elsewhere").chmod(0o666)
    (trial / "link").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(trial / "fifo")
    restrict_modes(trial, allowed)
    modes = {path: stat.S_IMODE(path.lstat().st_mode) for path in tmp_path.rglob("*")}
    assert modes[trial / "metrics.jsonl"] == modes[trial / "logs/deep/a\nb"] == file
    assert modes[trial / "logs" / "deep"] == folder
    assert modes[trial / "logs" / "private"] == 0o600
    assert modes[tmp_path / "elsewhere"] == 0o666


def test_a_folder_without_permissions_can_be_removed(tmp_path: Path) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs").chmod(0)
    restrict_modes(tmp_path, 0o755)
    assert stat.S_IMODE((tmp_path / "logs").stat().st_mode) == 0o700


def test_a_regular_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"one\n\xff\n")
    assert read_received(tmp_path / "out") == "one\n\ufffd\n"


@pytest.mark.parametrize("kind", ["link", "dangling link", "folder", "fifo", "socket"])
def test_anything_else_is_an_error_at_once(tmp_path: Path, kind: str) -> None:
    make(kind, tmp_path / "metrics.jsonl")
    with pytest.raises(ReceivedFileError, match=r"metrics\.jsonl is "):
        read_received(tmp_path / "metrics.jsonl")


def test_a_device_is_an_error_at_once() -> None:
    with pytest.raises(ReceivedFileError, match="zero is no regular file"):
        read_received(Path("/dev/zero"))


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
