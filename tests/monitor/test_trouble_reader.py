"""Reading what hangs from a study's files and this machine's processes."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from sweep.monitor.trouble import EndedJob, Facts, Lock
from sweep.monitor.trouble_reader import read_facts
from sweep.nodes.propose import propose
from sweep.study.study import Study
from sweep.system.files import locked
from tests.actions import SUBMITTED

ENDED = "005 (012.000.000) 2026-11-23 05:58:14 Job terminated.\n...\n"
LAUNCHED = datetime(2026, 11, 23, 5, 0)
NOW = datetime(2026, 11, 23, 6, 0)


@pytest.fixture
def proposed(study: Study) -> Study:
    propose(study, 0)
    study.paths.posts.mkdir(exist_ok=True)
    return study


def facts(study: Study, *jobless: int, launched: datetime = LAUNCHED) -> Facts:
    return read_facts(study, jobless, launched, NOW)


def test_requests_that_wait_and_the_process_that_answers(proposed: Study) -> None:
    paths = proposed.paths
    asked = paths.posts / "0.0.12"
    asked.touch()
    os.utime(asked, (time.time() - 100,) * 2)
    (paths.posts / "1.0.13").write_text("0 done\n")
    paths.serve_log.write_text("Traceback\nKeyError: 'x'\n")
    found = facts(proposed)
    assert [round(seconds, -1) for seconds in found.waiting_s] == [100]
    assert (found.serving, found.last_line) == (None, "KeyError: 'x'")
    with locked(paths.serving_lock, wait=True):
        serving = facts(proposed).serving
        assert serving
        assert (serving.pid, serving.process is None, serving.is_stopped) == (os.getpid(), False, False)
        paths.serving_lock.write_text("71 ap2.example.edu sweep.node serve\n")
        assert facts(proposed).serving == Lock("serving.lock", 71, "ap2.example.edu", None)
        paths.serving_lock.write_text("")
        assert facts(proposed).serving == Lock("serving.lock", None, "", None)


@pytest.mark.processes
def test_the_dagman_of_a_lock_file(proposed: Study) -> None:
    lock = proposed.paths.dag / "study.dag.lock"
    lock.write_text("7\n")
    (proposed.paths.dag / "generation-0000.dag.lock").write_text("damaged")
    assert facts(proposed).dagmans == {7: None}
    locks = "import fcntl, sys; file = open(sys.argv[1], 'r+'); fcntl.lockf(file, fcntl.LOCK_EX); print(); input()"
    with subprocess.Popen(
        [sys.executable, "-c", locks, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as dagman:
        assert dagman.stdout
        assert dagman.stdin
        dagman.stdout.readline()
        process = facts(proposed).dagmans[7]
        assert process
        assert process.pid == dagman.pid
        dagman.stdin.close()


@pytest.mark.processes
def test_the_scripts_that_run_in_the_study_s_folder(proposed: Study) -> None:
    waits = "#!/bin/sh\nread -r line\n"
    for name in ("harvest", "other"):
        (proposed.paths.dag / name).write_text(waits)
    with contextlib.ExitStack() as stack:
        running = [
            stack.enter_context(subprocess.Popen(["sh", f"./{name}", "0"], cwd=folder, stdin=subprocess.PIPE))
            for name, folder in [("harvest", proposed.paths.dag), ("other", proposed.paths.dag), ("harvest", Path())]
        ]
        found = facts(proposed).scripts
        assert [(process.pid, process.command) for process in found] == [(running[0].pid, "sh ./harvest 0")]
        for process in running:
            process.communicate()


def test_a_job_that_ended_without_a_post_script(proposed: Study) -> None:
    files = proposed.paths.trial(1)
    files.job_log.write_text(SUBMITTED.format(12))
    (vanished,) = facts(proposed, 0, 1).ended
    assert (vanished.trial, vanished.cluster, vanished.has_ended, vanished.is_noticed) == (1, 12, False, False)
    files.job_log.write_text(SUBMITTED.format(12) + ENDED)
    assert facts(proposed, 1).ended == [EndedJob(1, 12, 106.0, True, False)]
    assert facts(proposed, 1, launched=NOW - timedelta(minutes=1)).ended == []


@pytest.mark.parametrize("sign", ["request", "ending", "log of a generation", "log of lanes"])
def test_a_job_whose_post_script_waits_or_has_run(proposed: Study, sign: str) -> None:
    paths = proposed.paths
    paths.trial(1).job_log.write_text(SUBMITTED.format(12) + ENDED)
    head = "*** Node=trial-00001 Type=POST ExitCode=1 Completion=5"
    if sign == "request":
        (paths.posts / "1.0.12").touch()
    elif sign == "ending":
        paths.trial(1).endings.write_text('{"cluster": 12, "kind": "transient"}\n')
    else:
        words = "1 0 12" if sign == "log of a generation" else "lane-0000 0 12 9"
        paths.harvest_log.write_text(f"{head} Cmd='./harvest {words}'\ntrial 1: damaged\n")
    assert [job.is_noticed for job in facts(proposed, 1).ended] == [True]


def test_another_job_s_post_script_is_not_this_one_s(proposed: Study) -> None:
    paths = proposed.paths
    paths.trial(1).job_log.write_text(SUBMITTED.format(12) + ENDED)
    (paths.posts / "1.0.112").touch()
    paths.harvest_log.write_text(
        "*** Node=t Type=POST ExitCode=0 Completion=5 Cmd='./harvest 12 0 11'\ntrial 12: 12 \n"
    )
    assert [job.is_noticed for job in facts(proposed, 1).ended] == [False]


def test_a_study_without_any_of_these_files(study: Study) -> None:
    found = facts(study, 0)
    assert (found.waiting_s, found.serving, found.dagmans, found.ended) == ([], None, {}, [])
    assert found.commands == ("sweep stop --now", "sweep launch --generations 5")
