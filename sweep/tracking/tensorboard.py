"""TensorBoard's event files, written without torch: a folder for each trial, with its curves and its parameters."""

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
    """A folder of the study. A trial's folder is renamed into it, so that each there is whole."""

    def __init__(self, study: Study) -> None:
        self._folder = study.paths.tensorboard
        self.place = str(self._folder)

    def sent(self) -> set[int]:
        if not self._folder.is_dir():
            return set()
        return {int(entry.name) for entry in self._folder.iterdir() if entry.name.isdigit()}

    def send(self, run: TrackedTrial) -> None:
        new = self._folder.with_name("tensorboard.new")
        shutil.rmtree(new, ignore_errors=True)
        new.mkdir()
        # TensorBoard knows its files by this name.
        with (new / f"events.out.tfevents.{int(run.ended)}.sweep").open("wb") as handle:
            writer = RecordWriter(handle)
            for event in trial_events(run):
                writer.write(event.SerializeToString())
            handle.flush()
            os.fsync(handle.fileno())
        self._folder.mkdir(exist_ok=True)
        new.rename(self._folder / f"{run.number:05d}")


def trial_events(run: TrackedTrial) -> list[Event]:
    """What a trial's event file has: its parameters, for the hparams plugin, and its curves.

    All bear the time of the trial's end: when it reached each step, its files do not say.
    """
    params = {"generation": run.generation, "state": run.state, **run.params}
    session = hparams_pb(params, trial_id=f"trial {run.number}", start_time_secs=run.started)
    curves = [
        Event(wall_time=run.ended, step=step, summary=Summary(value=[Summary.Value(tag=name, simple_value=value)]))
        for name, value, step in run.points()
    ]
    return [Event(file_version="brain.Event:2"), Event(wall_time=run.started, summary=session), *curves]
