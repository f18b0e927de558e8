"""Whatever one trial's job leaves behind, that trial alone fails, with the reason, and the others are answered."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from sweep.control.initialise import initialise
from sweep.control.repair import repair_storage
from sweep.nodes import post_server
from sweep.nodes.post_requests import PostRequest
from sweep.nodes.propose import propose
from sweep.nodes.tell import tell_pending
from sweep.paths import TrialPaths
from sweep.results.report import collect_report
from sweep.study.study import Study
from sweep.trial import files as trial_files
from sweep.trial import judge
from sweep.workflow.exit_codes import DEFER, DONE
from tests.actions import rows
from tests.samples import GOOD, OWN

pytestmark = pytest.mark.slow


def write(text: str) -> Callable[[TrialPaths], object]:
    return lambda files: files.metrics.write_text(text)


def instead(make: Callable[[Path], object]) -> Callable[[TrialPaths], None]:
    """Return what leaves something else in place of the metrics."""

    def leave(files: TrialPaths) -> None:
        files.metrics.unlink()
        make(files.metrics)

    return leave


def bind(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server, pytest.MonkeyPatch.context() as patch:
        patch.chdir(path.parent)
        server.bind(path.name)


def sparse(path: Path) -> None:
    with path.open("wb") as handle:
        handle.truncate(2 * 2**30)


def all_outputs_are_folders(files: TrialPaths) -> None:
    for output in files.outputs(checkpoints=True):
        output.unlink()
        (output / "a\nb").mkdir(parents=True)
    for stream in (files.stdout, files.stderr):
        stream.mkdir()


ODD: dict[str, tuple[Callable[[TrialPaths], object], str]] = {
    "a folder": (instead(Path.mkdir), "metrics.jsonl is a folder"),
    "a FIFO": (instead(os.mkfifo), "metrics.jsonl is no regular file"),
    "a socket": (instead(bind), "metrics.jsonl is no regular file"),
    "a link": (instead(lambda path: path.symlink_to("/etc/passwd")), "metrics.jsonl is a symbolic link"),
    "a dangling link": (instead(lambda path: path.symlink_to("/nowhere")), "metrics.jsonl is a symbolic link"),
    "2 GB": (instead(sparse), "metrics.jsonl is larger than 32 MB"),
    "folders everywhere": (all_outputs_are_folders, "metrics.jsonl is a folder"),
    "a huge step": (write('{"step": 9223372036854775808, "val_accuracy": 1}\n'), "more than 2147483647"),
    "a step just too large": (write('{"step": 2147483648, "val_accuracy": 1}\n'), "more than 2147483647"),
    "too many reports": (write('{"step": 1, "val_accuracy": 1}\n' * 100_001), "more than 100,000 reports"),
    "a long line": (write('{"step": 1, "val_accuracy": 1, "x": "' + "x" * 2**20 + '"}\n'), "1,048,576 characters"),
    "a deep nest": (write("[" * 10**6 + "\n"), "incomplete, or not JSON"),
    "digits without end": (write('{"step": 1, "val_accuracy": ' + "9" * 5000 + "}\n"), "not JSON"),
    "1e400": (write('{"step": 2, "val_accuracy": 1e400}\n'), "val_accuracy is inf at step 2"),
    "a huge integer": (write('{"step": 2, "val_accuracy": 1' + "0" * 400 + "}\n"), "too large for a float"),
    "control characters": (write('{"step": "\\u001b[31m\\u202e", "val_accuracy": 1}\n'), r"\x1b[31m\u202e"),
    "a long key": (write('{"' + "k" * 10**5 + '": 1, "step": 1}\n'), "has no val_accuracy"),
    "no UTF-8": (lambda files: files.metrics.write_bytes(b"\xff\xfe\x00{"), "incomplete, or not JSON"),
}


@pytest.mark.parametrize("kind", ODD)
def test_what_a_job_leaves_is_its_own_failure(study: Study, kind: str) -> None:
    leave, reason = ODD[kind]
    propose(study, 0)
    leave(study.paths.trial(1))
    for number in (0, 2):
        study.paths.trial(number).metrics.write_text(GOOD)
    assert answers(study) == {0: DONE, 1: DONE, 2: DONE}
    found = rows(study)
    assert [row.state for row in found] == ["COMPLETE", "FAIL", "COMPLETE"]
    assert reason in found[1].reason
    assert found[1].reason.isprintable()
    assert len(found[1].reason) <= 1001
    # And every command still works.
    assert repair_storage(study) == []
    assert len(collect_report(study).trials) == 3
    assert [trial.number for trial in propose(study, 1)] == [3, 4, 5]


def answers(study: Study) -> dict[int, int]:
    """Run the POST scripts of the first generation at the same time, and return the exit status of each."""
    study.paths.posts.mkdir(parents=True, exist_ok=True)
    requests = [PostRequest(str(number), 0, 0) for number in range(3)]
    for request in requests:
        (study.paths.posts / request.name).touch()
    post_server.serve(study.paths)
    replies = {int(request.who): study.paths.posts / request.name for request in requests}
    found = {number: int(file.read_text().split()[0]) for number, file in replies.items()}
    for file in replies.values():
        file.unlink()
    return found


def test_an_error_that_nobody_foresaw_is_the_failure_of_its_trial(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    propose(study, 0)
    for number in range(3):
        study.paths.trial(number).metrics.write_text(GOOD)
    judge_job = judge.judge

    def judged(spec: object, *rest: object) -> object:
        if getattr(spec, "number", 0) == 1:
            raise ZeroDivisionError("of nobody")
        return judge_job(spec, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr("sweep.nodes.harvest.judge", judged)
    assert answers(study) == {0: DONE, 1: DONE, 2: DONE}
    assert [row.state for row in rows(study)] == ["COMPLETE", "FAIL", "COMPLETE"]
    assert rows(study)[1].reason == "sweep could not judge it: ZeroDivisionError: of nobody"


def test_a_full_disk_defers_the_trials_that_it_hits(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    propose(study, 0)
    for number in range(3):
        study.paths.trial(number).metrics.write_text(GOOD)
    with monkeypatch.context() as patch:
        patch.setattr("sweep.nodes.trial_result.write_json", full_disk)
        assert answers(study) == {0: DEFER, 1: DEFER, 2: DEFER}
    assert {row.state for row in rows(study)} == {"RUNNING"}
    assert answers(study) == {0: DONE, 1: DONE, 2: DONE}
    assert {row.state for row in rows(study)} == {"COMPLETE"}


def full_disk(*_: object) -> None:
    raise OSError(28, "No space left on device")


def test_a_result_that_optuna_refuses_becomes_a_failure(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    propose(study, 0)
    for number in range(3):
        study.paths.trial(number).metrics.write_text(GOOD)

    def spoil(*arguments: object) -> object:
        file = study.paths.trial(1).result
        if "COMPLETE" in file.read_text():
            file.write_text(json.dumps(json.loads(file.read_text()) | {"values": {"other": 1.0}}))
        return tell_pending(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(post_server, "tell_pending", spoil)
    assert answers(study) == {0: DONE, 1: DONE, 2: DONE}
    assert [row.state for row in rows(study)] == ["COMPLETE", "FAIL", "COMPLETE"]
    assert rows(study)[1].reason == "Optuna refuses its result: KeyError: 'val_accuracy'"


def test_a_pattern_that_backtracks_for_ever_is_stopped(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trial_files, "READ_SECONDS", 0.2)
    (folder / "train.py").write_text("")
    pattern = OWN.replace('metrics = "log.csv"', r"metrics = { stdout = '^acc: ((?:[0-9]+)+)$' }")
    (folder / "study.toml").write_text(pattern)
    there, _ = initialise(folder / "study.toml", print)
    propose(there, 0)
    there.paths.trial(1).stdout.write_text(f"acc: {'1' * 40}x\nacc: 5\n")
    for number in (0, 2):
        there.paths.trial(number).stdout.write_text("acc: 7\n")
    assert answers(there) == {0: DONE, 1: DONE, 2: DONE}
    assert [row.state for row in rows(there)] == ["COMPLETE", "FAIL", "COMPLETE"]
    assert "took more than 0.2 s of processor time" in rows(there)[1].reason
