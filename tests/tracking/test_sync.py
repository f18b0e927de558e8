"""What trackers are told: real TensorBoard event files, a real MLflow store, wandb offline; once, whatever happens."""

from __future__ import annotations

import base64
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from sweep.errors import ConfigError, StudyError
from sweep.study.study import Study
from sweep.system.files import locked
from sweep.tracking import sync
from tests.actions import harvest
from tests.tracking.actions import GOOD, SECRET, quiet, tracked, uploaded


def test_a_trial_that_ends_later_is_told_later(study_file: Path) -> None:
    study = tracked(study_file, "tensorboard = true")
    uploaded(study)
    study.paths.trial(2).metrics.write_text(GOOD)
    harvest(study.paths, 2, 0)
    assert uploaded(study) == [("tensorboard", 1, 2, [])]


class Refuses(BaseHTTPRequestHandler):
    """A server that lets nobody in, and notes who came."""

    came: list[str] = []  # noqa: RUF012

    def do_GET(self) -> None:
        self.came.append(self.headers.get("Authorization", ""))
        self.send_response(401)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def server() -> Iterator[str]:
    there = HTTPServer(("127.0.0.1", 0), Refuses)
    thread = threading.Thread(target=there.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{there.server_port}"
    there.shutdown()
    thread.join()
    there.server_close()


@pytest.mark.processes
@pytest.mark.usefixtures("fresh_wandb")
def test_a_tracker_that_refuses_keeps_no_other_back(
    study_file: Path, server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "ada")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", SECRET)
    monkeypatch.delenv("WANDB_MODE", raising=False)
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    monkeypatch.setenv("HOME", str(study_file.parent))
    study = tracked(study_file, f'mlflow = "{server}"\nwandb = "tiny"\ntensorboard = true')
    every = {one.tracker: one for one in sync.upload_trials(study, quiet)}
    assert (every["tensorboard"].new, every["mlflow"].new, every["wandb"].new) == (2, 0, 0)
    (refused,), (keyless,) = every["mlflow"].troubles, every["wandb"].troubles
    assert f"mlflow, {server}: " in str(refused)
    assert "401" in str(refused)
    assert SECRET not in str(refused)
    assert "MLFLOW_TRACKING_PASSWORD" in refused.advice
    assert "there is no API key" in str(keyless)
    assert "wandb login" in keyless.advice
    assert Refuses.came[0] == "Basic " + base64.b64encode(f"ada:{SECRET}".encode()).decode()


def test_a_server_that_is_away_is_named(study_file: Path) -> None:
    study = tracked(study_file, 'mlflow = "http://127.0.0.1:9"')
    (one,) = sync.upload_trials(study, quiet)
    assert "mlflow, http://127.0.0.1:9: " in str(one.troubles[0])
    assert one.new == 0


def test_a_damaged_trial_keeps_no_other_back(study_file: Path) -> None:
    study = tracked(study_file, "tensorboard = true")
    study.paths.trial(0).result.write_text("{")
    ((_, new, _, (trouble,)),) = uploaded(study)
    assert new == 1
    assert "00000/result.json cannot be read" in trouble


def test_two_at_a_time_are_one_too_many(study_file: Path) -> None:
    study = tracked(study_file, "tensorboard = true")
    with locked(study.paths.sync_lock, wait=True), pytest.raises(StudyError, match="another `sweep sync`"):
        uploaded(study)


def test_without_a_tracker_it_says_what_to_add(study: Study) -> None:
    with pytest.raises(ConfigError, match=r"\[tracking\] names no tracker"):
        uploaded(study)
