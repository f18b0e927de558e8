"""Why a sweep ended early, by its scripts' files and DAGMan's logs."""

from __future__ import annotations

import os

import pytest

from sweep.monitor.early_end import dagman_error, early_end, last_script_error, note_failed_launch
from sweep.study.study import Study

SCRIPTS = (
    "*** Node=trial-00000 Type=POST ExitCode=0 Completion=1 Cmd='./harvest 0 0'\nfine\n"
    "*** Node=trial-00001 Type=POST ExitCode=1 Completion=2 Cmd='./harvest 1 0'\nthe disk\nis full\n"
    "*** Node=trial-00002 Type=POST ExitCode=75 Completion=3 Cmd='./harvest 2 9'\nagain\n"
    "*** Node=generation-0002 Type=PRE ExitCode=67 Completion=4 Cmd='./propose 2'\nended\n"
    "*** Node=trial-00003 Type=HOLD ExitCode=1 Completion=5 Cmd='./keep 3 9'\nno checkpoint\n"
)
STARTED = "11/28/26 12:12:04 ** condor_dagman (CONDOR_DAGMAN) STARTING UP\n"
DELETED = "ERROR: log file /home/ada/generation-0000.dag.nodes.log has been deleted. Aborting."
TRACEBACK = "1\n2\n3\n4\n5\n6\n\x1b[2Jno space\n"
DAGMAN = (
    f"{STARTED}11/28/26 12:12:04 ERROR: of an earlier launch\n{STARTED}"
    "11/28/26 12:12:04 Daemon Log is logging: D_ALWAYS D_ERROR D_STATUS\n"
    "11/28/26 12:12:05 ERROR: the following job(s) failed:\n"
    f"11/28/26 12:12:05 {DELETED}\n"
    "11/28/26 12:12:05 ERROR: what follows from it\n"
)


def test_the_words_of_the_script_that_failed_last_are_found() -> None:
    assert last_script_error(SCRIPTS) == "the disk\nis full"
    assert last_script_error(SCRIPTS, since=2.5) == "the disk\nis full"
    assert last_script_error(SCRIPTS, since=3) == ""
    assert last_script_error(SCRIPTS.replace("ExitCode=1 ", "ExitCode=0 ")) == ""
    assert "ExitCode=2" in last_script_error("*** Node=a Type=PRE ExitCode=2 Completion=1\n")
    assert last_script_error("") == ""


def test_the_first_error_of_the_last_dagman_is_found() -> None:
    assert dagman_error(DAGMAN) == f"DAGMan: {DELETED}"
    assert dagman_error(f"{DAGMAN}{STARTED}") == ""
    assert dagman_error("") == ""


@pytest.fixture
def launched(study: Study) -> Study:
    """A study that was launched at the time 100, and failed by DAGMan's log."""
    study.paths.dag.mkdir(parents=True, exist_ok=True)
    study.paths.outer_dag.touch()
    os.utime(study.paths.outer_dag, (100, 100))
    (study.paths.dag / "generation-0000.dag.dagman.out").write_text(DAGMAN)
    return study


def test_what_a_script_wrote_down_comes_before_what_it_printed_and_before_dagman(launched: Study) -> None:
    paths = launched.paths
    assert early_end(paths) == f"DAGMan: {DELETED} See {paths.dag}/generation-0000.dag.dagman.out."
    paths.propose_log.write_text(f"*** Node=g Type=PRE ExitCode=1 Completion=101 Cmd='./propose 1'\n{TRACEBACK}")
    assert early_end(paths) == "3\n4\n5\n6\n\\x1b[2Jno space"
    paths.stopped.write_text("10 trials in a row failed\n")
    assert early_end(paths) == "10 trials in a row failed"
    note_failed_launch(paths, KeyError("x"))
    assert early_end(paths) == "sweep launch died: KeyError: 'x'"


def test_an_earlier_launch_explains_nothing(launched: Study) -> None:
    paths = launched.paths
    os.utime(paths.dag / "generation-0000.dag.dagman.out", (99, 99))
    paths.harvest_log.write_text(SCRIPTS)
    assert early_end(paths) == ""
