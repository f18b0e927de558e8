"""Node scripts that hang or fail."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from sweep.errors import StorageError, StudyError
from sweep.nodes.script import run_pre_script, run_server
from sweep.resources import PACKAGE
from sweep.study.study import Study
from sweep.system.files import locked, write_text
from sweep.workflow.exit_codes import DEFER, DONE, PRE_FAILED

HANGS = """
import sys
from sweep.nodes import {module}, script
script.LIMIT_SECONDS = 1
{module}.main(sys.argv[1:])
"""


@pytest.mark.processes
@pytest.mark.parametrize(("module", "arguments"), [("propose", ["1"]), ("post_server", ["9"])])
def test_a_script_that_hangs_is_run_again(
    study: Study, module: str, arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(PACKAGE.parent))
    study.paths.posts.mkdir(parents=True)
    (study.paths.posts / "lane-0000.0.1").touch()
    with locked(study.paths.storage_lock, wait=True):
        command = [sys.executable, "-c", HANGS.format(module=module), str(study.paths.root), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == DEFER, done.stderr
    assert "timed out after 1 s" in done.stderr
    assert "timed out after 1 s" in study.paths.waiting.read_text()


def fails(error: Exception) -> Callable[[], Any]:
    def work() -> Any:
        raise error

    return work


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(28, "No space left on device"), "generation 3: [Errno 28] No space left on device"),
        (StorageError("the storage is busy", "Wait."), "generation 3: the storage is busy. Wait."),
        (
            ModuleNotFoundError("No module named 'optuna'"),
            "generation 3: ModuleNotFoundError: No module named 'optuna'",
        ),
        (MemoryError(), "generation 3: MemoryError"),
    ],
)
def test_a_pre_script_runs_again_after_what_passes(study: Study, error: Exception, reason: str) -> None:
    assert run_pre_script(study.paths, "generation 3", fails(error)) == DEFER
    assert study.paths.waiting.read_text().startswith(reason)
    assert not study.paths.stopped.exists()


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (KeyError("x"), "generation 3: KeyError: 'x'. See dag/propose.log.\n"),
        (
            StudyError("trial.json is damaged", "Run: sweep repair"),
            "generation 3: trial.json is damaged. Run: sweep repair\n",
        ),
    ],
)
def test_a_pre_script_that_cannot_work_ends_the_sweep_and_says_why(
    study: Study, error: Exception, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_pre_script(study.paths, "generation 3", fails(error)) == PRE_FAILED
    assert study.paths.stopped.read_text() == reason
    assert ("Traceback" in capsys.readouterr().err) == isinstance(error, KeyError)


def test_the_reason_of_a_user_who_stopped_the_sweep_stays(study: Study) -> None:
    write_text(study.paths.stopped, "Stopped.\n")
    assert run_pre_script(study.paths, "generation 3", fails(KeyError("x"))) == PRE_FAILED
    assert study.paths.stopped.read_text() == "Stopped.\n"


@pytest.mark.parametrize("error", [KeyError("x"), StudyError("no study"), OSError("no disk")])
def test_a_server_that_fails_leaves_its_requests_to_another(study: Study, error: Exception) -> None:
    assert run_server(study.paths, fails(error)) == DEFER
    assert str(error) in study.paths.waiting.read_text()
    assert not study.paths.stopped.exists()


def test_a_script_that_works_ends_as_it_says(study: Study) -> None:
    assert (run_pre_script(study.paths, "generation 3", lambda: 67), run_server(study.paths, lambda: None)) == (
        67,
        DONE,
    )
