"""Event files of TensorBoard, read back with TensorBoard's own reader."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import plugin_data_pb2

from sweep.tracking import tracked_trial
from tests.tracking.actions import ODD, tracked, uploaded


def test_tensorboard_has_curves_and_parameters(study_file: Path) -> None:
    study = tracked(study_file, "tensorboard = true")
    assert uploaded(study) == [("tensorboard", 2, 0, [])]
    assert uploaded(study) == [("tensorboard", 0, 2, [])]
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


def test_odd_names_and_values_are_events(study_file: Path) -> None:
    study = tracked(study_file, "tensorboard = true")
    study.paths.trial(0).metrics.write_text(ODD)
    (written, *_) = uploaded(study)
    assert written == ("tensorboard", 2, 0, [])
    there = EventAccumulator(str(study.paths.tensorboard / "00000")).Reload()
    assert r"\ud800" in there.Tags()["scalars"]


def test_event_files_that_a_kill_cut_short_are_written_anew(study_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = tracked(study_file, "tensorboard = true")

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", killed)
        with pytest.raises(KeyboardInterrupt):
            uploaded(study)
    assert uploaded(study) == [("tensorboard", 2, 0, [])]
    (file,) = (study.paths.tensorboard / "00000").iterdir()
    assert file.stat().st_size
