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
    study.paths.posts.mkdir(parents=True, exist_ok=True)
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


def test_a_folder_of_requests_that_is_gone_is_made_again(proposed: Study) -> None:
    shutil.rmtree(proposed.paths.posts)
    assert run(proposed, "0", "0", "11")[0] == DONE


def write_fake(study: Study, python: str) -> None:
    """Write the script, with a shell program in place of its Python."""
    fake = study.paths.root / "python"
    fake.write_text(f"#!/bin/sh\n{python}\n")
    fake.chmod(0o755)
    write_script(study, fake)


@pytest.mark.parametrize(
    ("python", "reason"),
    [
        ("echo Traceback >&2; echo ImportError: no optuna >&2; exit 1", "exit status 1: ImportError: no optuna."),
        ("exit 75", "exit status 75: see dag/serve.log."),
        ("kill -9 $$", "signal 9 killed the server 3 times"),
        ("exit 69", "see dag/serve.log"),
    ],
)
def test_a_server_with_an_unknown_end_makes_it_come_back_and_says_why(study: Study, python: str, reason: str) -> None:
    write_fake(study, python)
    status, _, said = run(study, "0", "0", "11")
    assert (status, reason in said, reason in study.paths.waiting.read_text()) == (DEFER, True, True)


def test_without_its_interpreter_it_comes_back(study: Study) -> None:
    write_script(study, Path("/nowhere/python"))
    assert run(study, "0", "0", "11")[0] == DEFER
    assert "exit status 127" in study.paths.waiting.read_text()
    assert "/nowhere/python: not found" in study.paths.waiting.read_text()


def test_what_the_server_said_stays(study: Study) -> None:
    write_fake(study, "echo The disk is full. > waiting.txt; exit 69")
    assert run(study, "0", "0", "11")[0] == DEFER
    assert study.paths.waiting.read_text() == "The disk is full.\n"


@pytest.mark.parametrize("reply", ["", "7 done", "-1 done", "0done", "12\x00\x01\xff", "75x", "127 not found"])
def test_a_damaged_reply_makes_it_ask_again(study: Study, reply: str) -> None:
    write_fake(study, "exit 1")
    post = study.paths.posts / "0.0.11"
    post.write_text(f"{reply}\n")
    assert run(study, "0", "0", "11")[0] == DEFER
    assert "the server's reply was damaged" in study.paths.waiting.read_text()
    assert not post.exists()


@pytest.mark.parametrize("words", [["0"], ["0", "$RETURN", "11"], ["", "0", "11"], ["../0", "0", "11"]])
def test_words_that_no_server_reads_are_named(study: Study, words: list[str]) -> None:
    write_fake(study, "exit 1")
    assert run(study, *words)[0] == DEFER
    assert "odd arguments" in study.paths.waiting.read_text()


@pytest.mark.parametrize("blocked", ["waiting.txt", "serve.log", "posts/0.0.11"])
def test_where_it_cannot_write_it_comes_back(study: Study, blocked: str) -> None:
    """As on a full disk, or in a folder without permission."""
    write_fake(study, "exit 127")
    (study.paths.dag / blocked).mkdir()
    assert run(study, "0", "0", "11")[0] == DEFER


def test_without_flock_and_most_other_programs_it_is_answered(proposed: Study, tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("sleep", "rm", "cat"):
        (programs / name).symlink_to(str(shutil.which(name)))
    script = subprocess.run(
        ["/bin/sh", "./harvest", "0", "0", "11"], cwd=proposed.paths.dag, env={"PATH": str(programs)}, check=False
    )
    assert script.returncode == DONE


def test_a_damaged_trial_is_written_again_as_the_storage_has_it(proposed: Study) -> None:
    proposed.paths.trial(0).spec.write_text("{")
    scripts = [start(proposed, number, "0", f"1{number}") for number in ("0", "1")]
    assert [script.wait(60) for script in scripts] == [DONE, DONE]
    assert states(proposed) == ["COMPLETE", "COMPLETE", "RUNNING"]
