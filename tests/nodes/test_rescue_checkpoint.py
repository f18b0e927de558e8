"""Checkpoints of removed jobs, put among their trials' files."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sweep.nodes import rescue_checkpoint
from sweep.paths import StudyPaths

LOG = (
    "000 (0{0}.000.000) 2026-11-23 05:58:04 Job submitted\n...\n{1} (0{0}.000.000) 2026-11-23 06:00:00 It ended.\n...\n"
)


@pytest.mark.parametrize(
    ("log", "has_result", "wanted"),
    [
        (LOG.format(11, "009"), False, "half"),
        (LOG.format(11, "005"), False, ""),  # it ended by itself, and its own files came
        (LOG.format(12, "009"), False, ""),  # another job came after
        (LOG.format(11, "009"), True, ""),
        ("", False, ""),
    ],
)
def test_only_the_last_job_s_files_and_only_if_it_was_removed(
    tmp_path: Path, log: str, has_result: bool, wanted: str
) -> None:
    paths = StudyPaths(tmp_path)
    files = paths.trial(3)
    kept = paths.spooled / "3.11"
    for folder in (files.root, kept, paths.spooled / ".3"):
        folder.mkdir(parents=True)
    files.checkpoint.write_text("")
    (kept / "checkpoint").write_text("half")
    (kept / "_condor_stdout").write_text("epoch 1")
    files.job_log.write_text(log)
    if has_result:
        files.result.write_text("{}")
    for _ in range(2):
        rescue_checkpoint.restore_checkpoints(paths, [2, 3])
        assert files.checkpoint.read_text() == wanted
        assert files.stdout.exists() == bool(wanted)
        assert not kept.exists()


def test_odd_files_are_left_out_and_reach_nothing_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths = StudyPaths(tmp_path / "study")
    files, kept = paths.trial(3), paths.spooled / "3.11"
    secret = tmp_path / "secret"
    secret.write_text("mine")
    for folder in (files.root / "logs", files.checkpoint, kept / "logs" / "deep", kept / "metrics.jsonl"):
        folder.mkdir(parents=True)
    files.metrics.write_text("")
    files.job_log.write_text(LOG.format(11, "009"))
    # A link to a file of the user's, a FIFO, a folder in place of a file, and a file in place of a folder.
    (kept / "link").symlink_to(secret)
    (kept / "logs" / "link").symlink_to(secret)
    os.mkfifo(kept / "fifo")
    os.mkfifo(kept / "logs" / "fifo")
    (kept / "logs" / "deep" / "a\nb").write_text("good")
    (kept / "checkpoint").write_text("half")
    rescue_checkpoint.restore_checkpoints(paths, [3])
    found = {str(file.relative_to(files.root)) for file in files.root.rglob("*")}
    assert found == {"checkpoint", "job.log", "logs", "logs/deep", "logs/deep/a\nb", "metrics.jsonl"}
    assert files.checkpoint.read_text() == "half"
    assert files.metrics.read_text() == ""
    assert "metrics.jsonl could not be restored" in capsys.readouterr().err
    assert not kept.exists()
