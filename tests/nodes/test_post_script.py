"""The POST script itself, dags/harvest.sh.j2, as DAGMan starts it; without HTCondor."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sweep.nodes.propose import propose
from sweep.optimizer.stored_study import StoredStudy
from sweep.resources import PACKAGE
from sweep.study.study import Study
from sweep.system.files import locked
from sweep.workflow.dag import node_script
from sweep.workflow.exit_codes import CRASHED, DEFER, DONE, TRY_AGAIN
from tests.actions import launched, submit, wait_for
from tests.samples import GOOD

pytestmark = pytest.mark.processes


@pytest.fixture
def proposed(study: Study) -> Study:
    """A study whose three trials have run, with the script in its folder."""
    propose(study, 0)
    for number in range(3):
        study.paths.trial(number).metrics.write_text(GOOD)
    write_script(study, Path(sys.executable))
    return study


def write_script(study: Study, python: Path) -> None:
    study.paths.posts.mkdir(exist_ok=True)
    script = study.paths.dag / "harvest"
    script.write_text(node_script("harvest", python, PACKAGE.parent))
    script.chmod(0o755)


def start(study: Study, *words: str) -> subprocess.Popen[str]:
    """As DAGMan does: in the folder of the DAG, with little of an environment; it reads what is said to the end."""
    there = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.Popen(
        ["./harvest", *words],
        cwd=study.paths.dag, env=there, text=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip


def run(study: Study, *words: str) -> tuple[int, str, str]:
    script = start(study, *words)
    out, err = script.communicate(timeout=60)
    return script.returncode, out, err


def states(study: Study) -> list[str]:
    return [row.state for row in StoredStudy.open(study, writing=False).rows()]


def test_it_ends_with_what_became_of_the_trial(proposed: Study) -> None:
    assert run(proposed, "0", "0", "11") == (DONE, "trial 0: COMPLETE\n", "")
    assert run(proposed, "1", "75", "12") == (
        TRY_AGAIN,
        "trial 1: runs again, transient: the trainer ended with exit status 75 and printed nothing on stderr\n",
        "",
    )
    assert run(proposed, "2", "1", "13")[0] == DONE
    assert states(proposed) == ["COMPLETE", "RUNNING", "FAIL"]
    assert list(proposed.paths.posts.iterdir()) == []


def test_all_at_once_and_twice_are_told_once(proposed: Study) -> None:
    scripts = [start(proposed, number, "0", f"1{number}") for number in ("0", "1", "2", "0", "1", "2")]
    assert [(script.wait(60), script.communicate()[1]) for script in scripts] == [(DONE, "")] * 6
    assert states(proposed) == ["COMPLETE"] * 3
    assert list(proposed.paths.posts.iterdir()) == []


def test_in_lanes_it_asks_for_the_next_trial_and_waits_for_no_process_s_end(study: Study) -> None:
    launched(study)
    write_script(study, Path(sys.executable))
    study.paths.trial(submit(study.paths, "lane-0001", 11)).metrics.write_text(GOOD)
    # The process that it starts stays, for lanes whose trials end next.
    assert run(study, "lane-0001", "0", "11", "9") == (
        TRY_AGAIN, "trial 1: COMPLETE; lane-0001 runs trial 3 next\n", "",
    )  # fmt: skip
    with locked(study.paths.serving_lock, wait=False) as free:
        assert not free
    study.paths.stopped.write_text("enough\n")
    submit(study.paths, "lane-0002", 12)
    assert run(study, "lane-0002", "-1002", "12", "9")[0] == CRASHED


KILLED_TWICE = """#!/bin/sh
echo x >> {count}
[ "$(wc -l < {count})" -gt 2 ] || kill -9 $$
exec {python} "$@"
"""


def test_a_process_that_is_killed_is_replaced(proposed: Study, tmp_path: Path) -> None:
    python, count = tmp_path / "python", tmp_path / "count"
    python.write_text(KILLED_TWICE.format(python=sys.executable, count=count))
    python.chmod(0o755)
    write_script(proposed, python)
    assert run(proposed, "0", "0", "11")[:2] == (DONE, "trial 0: COMPLETE\n")
    assert len(count.read_text().splitlines()) == 3


def test_one_that_served_others_and_dies_is_replaced(proposed: Study) -> None:
    """By a script that has not started it."""
    with locked(proposed.paths.serving_lock, wait=True):
        script = start(proposed, "0", "0", "11")
        wait_for(lambda: (proposed.paths.posts / "0.0.11").exists(), "the script asks")
    assert (script.wait(60), script.communicate()[1]) == (DONE, "")


def test_a_script_that_is_killed_is_run_again(proposed: Study) -> None:
    with locked(proposed.paths.serving_lock, wait=True):
        script = start(proposed, "0", "0", "11")
        wait_for(lambda: (proposed.paths.posts / "0.0.11").exists(), "the script asks")
        script.send_signal(signal.SIGKILL)
        script.communicate()
    assert run(proposed, "0", "0", "11")[:2] == (DONE, "trial 0: COMPLETE\n")


def test_what_keeps_it_from_an_answer_is_told_and_it_comes_back(proposed: Study) -> None:
    assert proposed.storage_file
    proposed.storage_file.rename(proposed.storage_file.with_name("aside"))
    status, _, said = run(proposed, "0", "0", "11")
    assert (status, "the Optuna storage" in said) == (DEFER, True)
    assert "sweep repair" in proposed.paths.waiting.read_text()
    proposed.storage_file.with_name("aside").rename(proposed.storage_file)
    assert run(proposed, "0", "0", "11")[0] == DONE
    assert not proposed.paths.waiting.exists()


def test_where_it_cannot_ask_it_comes_back(proposed: Study) -> None:
    shutil.rmtree(proposed.paths.posts)
    assert run(proposed, "0", "0", "11")[0] == DEFER


def test_a_damaged_trial_is_named_and_fails_its_node_alone(proposed: Study) -> None:
    proposed.paths.trial(0).spec.write_text("{")
    scripts = [start(proposed, number, "0", f"1{number}") for number in ("0", "1")]
    assert [script.wait(60) for script in scripts] == [CRASHED, DONE]
    assert "00000/trial.json cannot be read" in scripts[0].communicate()[0]
