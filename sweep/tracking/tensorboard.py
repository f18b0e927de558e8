"""TensorBoard: writes an event file for each trial, with its curves and parameters; torch is not needed."""

from __future__ import annotations

import os
import shutil

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.hparams.summary_v2 import hparams_pb
from tensorboard.summary.writer.record_writer import RecordWriter

from sweep.study.study import Study
from sweep.tracking.tracked_trial import TrackedTrial


class TensorBoard:
    """A study's folder of event files. Implements `sync.Tracker`.

    Each trial's folder is written elsewhere and then renamed, so that all folders here are complete.
    """

    def __init__(self, study: Study) -> None:
        self._folder = study.paths.tensorboard
        self.place = str(self._folder)

    def uploaded(self) -> set[int]:
        if not self._folder.is_dir():
            return set()
        return {int(entry.name) for entry in self._folder.iterdir() if entry.name.isdigit()}

    def upload(self, trial: TrackedTrial) -> None:
        new = self._folder.with_name("tensorboard.new")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir()
        # TensorBoard recognises its files by this name.
        with (new / f"events.out.tfevents.{int(trial.ended)}.sweep").open("wb") as handle:
            writer = RecordWriter(handle)
            for event in trial_events(trial):
                writer.write(event.SerializeToString())
            handle.flush()
            os.fsync(handle.fileno())
        self._folder.mkdir(exist_ok=True)
        new.rename(self._folder / f"{trial.number:05d}")


def trial_events(trial: TrackedTrial) -> list[Event]:
    """Return the events of a trial: its parameters, for the hparams plugin, and its curves.

    All points have the time of the trial's end, because its files do not record when it reached each step.
    """
    params = {"generation": trial.generation, "state": trial.state, **trial.params}
    session = hparams_pb(params, trial_id=f"trial {trial.number}", start_time_secs=trial.started)
    curves = [
        Event(wall_time=trial.ended, step=step, summary=Summary(value=[Summary.Value(tag=name, simple_value=value)]))
        for name, value, step in trial.points()
    ]
    return [Event(file_version="brain.Event:2"), Event(wall_time=trial.started, summary=session), *curves]
