"""What trackers are told: real TensorBoard event files, a real MLflow store, wandb offline; once, whatever happens."""

from __future__ import annotations

import base64
import json
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import wandb
from mlflow.tracking import MlflowClient
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import plugin_data_pb2

from sweep.control.initialise import initialise
from sweep.errors import ConfigError, StudyError
from sweep.nodes.propose import propose
from sweep.study.study import Study
from sweep.system.files import locked
from sweep.tracking import sync, tracked_trial
from tests.actions import harvest
from tests.samples import STUDY

GOOD = '{"step": 1, "val_accuracy": 0.5, "train_loss": 2.0}\n{"step": 2, "val_accuracy": 0.75, "train_loss": NaN}\n'
SECRET = "hunter2hunter2"  # noqa: S105


def quiet(_: str) -> None:
    return


def tracked(file: Path, tracking: str, monkeypatch: pytest.MonkeyPatch) -> Study:
    """A study of which trial 0 is COMPLETE, 1 FAIL, and 2 runs."""
    monkeypatch.setattr("sweep.control.initialise.sweep_commit", lambda: None)
    file.write_text(f"{STUDY}\n[tracking]\n{tracking}\n")
    study = initialise(file, quiet)[0]
    propose(study, 0)
    study.paths.trial(0).metrics.write_text(GOOD)
    harvest(study.paths, 0, 0)
    harvest(study.paths, 1, 1)
    return study


@pytest.fixture
def fresh_wandb() -> Iterator[None]:
    """wandb reads its environment once in a process."""
    wandb.teardown()
    yield
    wandb.teardown()


def told(study: Study) -> list[tuple[str, int, int, list[str]]]:
    return [(one.tracker, one.new, one.before, [str(it) for it in one.troubles]) for one in sync.sync(study, quiet)]


def test_tensorboard_has_curves_and_parameters(study_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = tracked(study_file, "tensorboard = true", monkeypatch)
    assert told(study) == [("tensorboard", 2, 0, [])]
    assert told(study) == [("tensorboard", 0, 2, [])]
    there = EventAccumulator(str(study.paths.tensorboard / "00000")).Reload()
    assert [(event.step, event.value) for event in there.Scalars("val_accuracy")] == [(1, 0.5), (2, 0.75)]
    assert [event.step for event in there.Scalars("train_loss")] == [1, 2]
    begin = plugin_data_pb2.HParamsPluginData.FromString(
        there.summary_metadata["_hparams_/session_start_info"].plugin_data.content
    ).session_start_info
    params = tracked_trial.read_tracked_trial(study, 0).params
    assert begin.hparams["lr"].number_value == params["lr"]
    assert begin.hparams["activation"].string_value == params["activation"]
    assert begin.hparams["state"].string_value == "COMPLETE"


def test_a_trial_that_ends_later_is_told_later(study_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = tracked(study_file, "tensorboard = true", monkeypatch)
    told(study)
    study.paths.trial(2).metrics.write_text(GOOD)
    harvest(study.paths, 2, 0)
    assert told(study) == [("tensorboard", 1, 2, [])]


def test_event_files_that_a_kill_cut_short_are_written_anew(study_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = tracked(study_file, "tensorboard = true", monkeypatch)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", killed)
        with pytest.raises(KeyboardInterrupt):
            told(study)
    assert told(study) == [("tensorboard", 2, 0, [])]
    (file,) = (study.paths.tensorboard / "00000").iterdir()
    assert file.stat().st_size


def test_mlflow_has_a_run_for_each_trial(study_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uri = f"sqlite:///{study_file.parent}/mlflow.db"
    study = tracked(study_file, f'mlflow = "{uri}"', monkeypatch)
    assert told(study) == [("mlflow", 2, 0, [])]
    assert told(study) == [("mlflow", 0, 2, [])]
    client = MlflowClient(uri)
    good, bad = mlflow_runs(client, study)
    spec = tracked_trial.read_tracked_trial(study, 0)
    assert good.data.params == {name: str(value) for name, value in spec.params.items()}
    assert (good.info.status, bad.info.status) == ("FINISHED", "FAILED")
    assert good.data.tags["sweep.generation"] == "0"
    assert good.data.tags["sweep.study"] == study.id
    assert "exit status 1" in bad.data.tags["sweep.reason"]
    curve = client.get_metric_history(good.info.run_id, "val_accuracy")
    assert sorted((point.step, point.value) for point in curve) == [(1, 0.5), (2, 0.75)]
    assert good.info.end_time == int(spec.ended * 1000)

    # A kill while a run is told: it is not ended, and is made anew.
    study.paths.trial(2).metrics.write_text(GOOD)
    harvest(study.paths, 2, 0)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, "set_terminated", killed)
        with pytest.raises(KeyboardInterrupt):
            told(study)
    assert len(mlflow_runs(client, study)) == 3
    assert told(study) == [("mlflow", 1, 2, [])]
    assert [one.info.status for one in mlflow_runs(client, study)] == ["FINISHED", "FAILED", "FINISHED"]
    assert [one.data.tags["sweep.trial"] for one in mlflow_runs(client, study)] == ["0", "1", "2"]


def mlflow_runs(client: MlflowClient, study: Study) -> list[Any]:
    experiment = client.get_experiment_by_name("tiny")
    assert experiment
    runs = client.search_runs([experiment.experiment_id], f"tags.`sweep.study` = '{study.id}'")
    return sorted(runs, key=lambda one: int(one.data.tags["sweep.trial"]))


@pytest.mark.processes
@pytest.mark.usefixtures("fresh_wandb")
def test_wandb_offline_writes_a_run_for_each_trial(study_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_MODE", "offline")
    monkeypatch.setenv("WANDB_API_KEY", SECRET * 3)
    study = tracked(study_file, 'wandb = "lab/tiny"', monkeypatch)
    assert told(study) == [("wandb", 2, 0, [])]
    assert told(study) == [("wandb", 0, 2, [])]
    files = sorted(file.name for file in (study.paths.root / "wandb").glob("offline-run-*/*.wandb"))
    assert files == [f"run-{study.id[:12]}-0000{number}.wandb" for number in (0, 1)]
    (file,) = (study.paths.root / "wandb").glob("offline-run-*/*-00000.wandb")
    content = file.read_bytes()
    assert b"val_accuracy" in content
    assert b"generation 0" in content
    assert SECRET.encode() not in b"".join(one.read_bytes() for one in study.paths.root.rglob("*") if one.is_file())


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
    study = tracked(study_file, f'mlflow = "{server}"\nwandb = "tiny"\ntensorboard = true', monkeypatch)
    every = {one.tracker: one for one in sync.sync(study, quiet)}
    assert (every["tensorboard"].new, every["mlflow"].new, every["wandb"].new) == (2, 0, 0)
    (refused,), (keyless,) = every["mlflow"].troubles, every["wandb"].troubles
    assert f"mlflow, {server}: " in str(refused)
    assert "401" in str(refused)
    assert SECRET not in str(refused)
    assert "MLFLOW_TRACKING_PASSWORD" in refused.advice
    assert "there is no API key" in str(keyless)
    assert "wandb login" in keyless.advice
    assert Refuses.came[0] == "Basic " + base64.b64encode(f"ada:{SECRET}".encode()).decode()


def test_a_server_that_is_away_is_named(study_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = tracked(study_file, 'mlflow = "http://127.0.0.1:9"', monkeypatch)
    (one,) = sync.sync(study, quiet)
    assert "mlflow, http://127.0.0.1:9: " in str(one.troubles[0])
    assert one.new == 0


def test_a_damaged_trial_keeps_no_other_back(study_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = tracked(study_file, "tensorboard = true", monkeypatch)
    study.paths.trial(0).result.write_text("{")
    ((_, new, _, (trouble,)),) = told(study)
    assert new == 1
    assert "00000/result.json cannot be read" in trouble


def test_two_at_a_time_are_one_too_many(study_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = tracked(study_file, "tensorboard = true", monkeypatch)
    with locked(study.paths.sync_lock, wait=True), pytest.raises(StudyError, match="another `sweep sync`"):
        told(study)


def test_without_a_tracker_it_says_what_to_add(study: Study) -> None:
    with pytest.raises(ConfigError, match=r"\[tracking\] names no tracker"):
        told(study)


def test_every_number_of_a_program_s_output_is_a_curve(study_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = tracked(study_file, "tensorboard = true", monkeypatch)
    files = study.paths.trial(0)
    spec = json.loads(files.spec.read_text())
    files.spec.write_text(
        json.dumps({**spec, "metrics_pattern": r"loss (?P<loss>\S+) val_accuracy (?P<val_accuracy>\S+)"})
    )
    files.stdout.write_text("loss 2 val_accuracy 0.1\nloss 1 val_accuracy 0.2\n")
    assert tracked_trial.read_tracked_trial(study, 0).curves == {
        1: {"loss": 2.0, "val_accuracy": 0.1},
        2: {"loss": 1.0, "val_accuracy": 0.2},
    }
