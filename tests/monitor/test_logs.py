"""What `sweep logs` says of a trial: each job's events and outputs, in order, and later only what is new."""

from __future__ import annotations

import json
import os

import pytest

from sweep.errors import StudyError
from sweep.monitor.logs import LogPrinter, event_lines, new_part
from sweep.study.study import Study

LOG = """000 (011.000.000) 2026-11-23 05:58:04 Job submitted from host: <127.0.0.1:39777>
    [ DAGNodeName = "trial-00007" ]
...
001 (011.000.000) 2026-11-23 05:58:06 Job executing on host: <127.0.0.1:39777>
\tSlotName: slot1_1@gpu-4.example.edu
...
006 (011.000.000) 2026-11-23 05:58:07 Image size of job updated: 5092
...
005 (011.000.000) 2026-11-23 05:58:16 Job terminated.
\t(1) Normal termination (return value 75)
...
000 (012.000.000) 2026-11-23 05:59:04 Job submitted from host: <127.0.0.1:39777>
...
"""


def test_events_in_a_line_each() -> None:
    assert event_lines(LOG, 11) == [
        "2026-11-23 05:58:04  Job submitted",
        "2026-11-23 05:58:06  Job executing on slot1_1@gpu-4.example.edu",
        "2026-11-23 05:58:16  Job terminated: (1) Normal termination (return value 75)",
    ]
    assert event_lines(LOG, 12) == ["2026-11-23 05:59:04  Job submitted"]


def test_all_tries_are_said_in_order_and_then_what_is_new(study: Study) -> None:
    files = study.paths.trial(7)
    files.root.mkdir(parents=True)
    said: list[str] = []
    logs = LogPrinter(study, 7)
    logs.print_new(said.append)
    assert said == ["── no job yet ──", "The trial has had no job yet."]

    files.job_log.write_text(LOG)
    files.endings.write_text(json.dumps({"cluster": 11, "kind": "transient"}) + "\n")
    (files.root / "out.1").write_text("no GPU here\n")
    files.stdout.write_text("epoch 1\n")
    files.stderr.write_text("")
    said.clear()
    logs.print_new(said.append)
    assert [line for line in said if line.startswith("──") or ":" not in line] == [
        "── job 11 ──",
        "── stdout of job 11 ──",
        "no GPU here",
        "── job 12 ──",
        "── stdout of job 12 ──",
        "epoch 1",
    ]

    files.stdout.write_text("epoch 1\nepoch 2\n")
    said.clear()
    logs.print_new(said.append)
    logs.print_new(said.append)
    assert said == ["epoch 2"]


def test_output_that_a_later_job_has_written_over_is_not_said_to_be_the_earlier_ones(study: Study) -> None:
    files = study.paths.trial(7)
    files.root.mkdir(parents=True)
    files.job_log.write_text(LOG)
    files.stdout.write_text("epoch 1\n")
    said: list[str] = []
    LogPrinter(study, 7).print_new(said.append)
    assert said.count("epoch 1") == 1
    assert said.index("── job 12 ──") < said.index("epoch 1")


@pytest.mark.parametrize("kind", ["link", "folder", "fifo"])
def test_an_output_that_is_no_regular_file_is_said_once(study: Study, kind: str) -> None:
    files = study.paths.trial(7)
    files.root.mkdir(parents=True)
    files.job_log.write_text(LOG)
    if kind == "link":
        files.stdout.symlink_to("/etc/passwd")
    elif kind == "folder":
        files.stdout.mkdir()
    else:
        os.mkfifo(files.stdout)
    files.stderr.write_text("what it wrote\n")
    said: list[str] = []
    logs = LogPrinter(study, 7)
    logs.print_new(said.append)
    logs.print_new(said.append)
    assert [line for line in said if line.startswith("[out is ")] == [line for line in said if "out is" in line]
    assert len([line for line in said if line.startswith("[out is ")]) == 1
    assert said[-1] == "what it wrote"
    assert not any("root:" in line for line in said)


def test_of_an_output_of_two_gigabytes_the_end_is_printed(study: Study) -> None:
    files = study.paths.trial(7)
    files.root.mkdir(parents=True)
    files.job_log.write_text(LOG)
    with files.stdout.open("wb") as handle:
        handle.seek(2 * 2**30)
        handle.write(b"\nepoch 1\nepoch 2\n")
    said: list[str] = []
    logs = LogPrinter(study, 7)
    logs.print_new(said.append)
    _, note, *lines = said[said.index("── stdout of job 12 ──") :]
    assert note == f"[The first 2 GB are left out. The whole output is in {files.stdout}]"
    assert lines == ["epoch 1", "epoch 2"]
    with files.stdout.open("ab") as handle:
        handle.write(b"epoch 3\n")
    said.clear()
    logs.print_new(said.append)
    assert said == ["epoch 3"]


def test_a_line_of_a_running_job_is_printed_when_it_is_whole(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    files = study.paths.trial(7)
    files.root.mkdir(parents=True)
    files.job_log.write_text(LOG)
    said: list[str] = []
    logs = LogPrinter(study, 7)
    logs.print_new(said.append)
    logs.is_running = True
    printed = []
    for text in ("epo", "epoch 1\nep", "epoch 1\nepoch 2\n", ""):
        monkeypatch.setattr("sweep.monitor.logs.tail_output", lambda _, text=text: (text, ""))
        said.clear()
        logs.print_new(said.append)
        printed.append([line for line in said if not line.startswith("──")])
    assert printed == [[], ["epoch 1"], ["epoch 2"], []]


@pytest.mark.parametrize(
    ("before", "now", "new"),
    [
        ("", "a\n", "a\n"),
        ("a\n", "a\nb\n", "b\n"),
        ("a\nb\n", "a\n", ""),
        ("xy" + 1000 * "a" + "\n", 1000 * "a" + "\nb\n", "b\n"),
        ("gone\n" + 2000 * "b", "o" + 1500 * "b", ""),
        ("another run\n", "a new run\n", "a new run\n"),
    ],
)
def test_what_is_new_in_a_text(before: str, now: str, new: str) -> None:
    assert new_part(before, now) == new


def test_a_trial_that_is_not_there(study: Study) -> None:
    with pytest.raises(StudyError, match="no trial 7"):
        LogPrinter(study, 7)
