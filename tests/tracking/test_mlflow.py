"""Runs in a real MLflow store."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from mlflow.tracking import MlflowClient

from sweep.study.study import Study
from sweep.tracking import tracked_trial
from tests.actions import harvest
from tests.tracking.actions import ODD, tracked, uploaded


def test_mlflow_has_a_run_for_each_trial(study_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    uri = f"sqlite:///{study_file.parent}/mlflow.db"
    study = tracked(study_file, f'mlflow = "{uri}"')
    assert uploaded(study) == [("mlflow", 2, 0, [])]
    assert uploaded(study) == [("mlflow", 0, 2, [])]
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

    # A kill while a run is told: it is not ended, and is made anew. Its job reported under odd names, too.
    study.paths.trial(2).metrics.write_text(ODD)
    harvest(study.paths, 2, 0)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, "set_terminated", killed)
        with pytest.raises(KeyboardInterrupt):
            uploaded(study)
    assert len(mlflow_runs(client, study)) == 3
    assert uploaded(study) == [("mlflow", 1, 2, [])]
    assert [one.info.status for one in mlflow_runs(client, study)] == ["FINISHED", "FAILED", "FINISHED"]
    assert [one.data.tags["sweep.trial"] for one in mlflow_runs(client, study)] == ["0", "1", "2"]
    assert len(mlflow_runs(client, study)[2].data.metrics) > 10


def mlflow_runs(client: MlflowClient, study: Study) -> list[Any]:
    experiment = client.get_experiment_by_name("tiny")
    assert experiment
    runs = client.search_runs([experiment.experiment_id], f"tags.`sweep.study` = '{study.id}'")
    return sorted(runs, key=lambda one: int(one.data.tags["sweep.trial"]))
