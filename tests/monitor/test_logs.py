"""What `sweep logs` says of a trial: each job's events and outputs, in order, and later only what is new."""

from __future__ import annotations

import json

import pytest

from sweep.errors import StudyError
from sweep.monitor.logs import LogPrinter, event_lines
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


def test_a_trial_that_is_not_there(study: Study) -> None:
    with pytest.raises(StudyError, match="no trial 7"):
        LogPrinter(study, 7)
