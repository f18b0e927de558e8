"""MLflow: an experiment with the study's name, and a run for each trial. MLflow says which trials it has."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Sequence
from typing import TypeVar

from mlflow.entities import Metric, Param
from mlflow.exceptions import MlflowException
from mlflow.tracking import MlflowClient

from sweep.errors import TrackingError
from sweep.study.study import Study
from sweep.tracking.tracked_trial import STUDY, TRIAL, TrackedTrial
from sweep.units import first_line

STATUS = {"COMPLETE": "FINISHED", "PRUNED": "KILLED", "FAIL": "FAILED"}
"""MLflow's status for each state of a trial. A run that was not uploaded completely has MLflow's status RUNNING."""


METRICS, PARAMS = 1000, 100
"""Most metrics, and most parameters, that MLflow accepts in one request."""


ADVICE = (
    "Check that the server runs and that you may log in. MLflow reads MLFLOW_TRACKING_USERNAME and "
    "MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN. Nothing is lost."
)


T = TypeVar("T")


class MLflow:
    """A study's experiment on an MLflow tracking server, or in a database or folder. Implements `sync.Tracker`."""

    def __init__(self, study: Study) -> None:
        self._uri = study.config.tracking.mlflow or ""
        self._name, self._study = study.config.study.name, study.id
        self.place = f"the experiment {self._name} of {self._uri}"
        with self._tracking_errors():
            self._client = MlflowClient(self._uri)
            known = self._client.get_experiment_by_name(self._name)
            self._experiment = known.experiment_id if known else self._client.create_experiment(self._name)
        self._unfinished: dict[int, str] = {}
        """MLflow's ids of the runs that an interrupted upload has left, by trial."""

    def uploaded(self) -> set[int]:
        found, token = set(), None
        while True:
            with self._tracking_errors():
                page = self._client.search_runs(
                    [self._experiment], f"tags.`{STUDY}` = '{self._study}'", max_results=1000, page_token=token
                )
            for run in page:
                number = int(run.data.tags[TRIAL])
                if run.info.status == "RUNNING":
                    self._unfinished[number] = run.info.run_id
                else:
                    found.add(number)
            token = page.token
            if not token:
                return found

    def upload(self, trial: TrackedTrial) -> None:
        start, end = int(trial.started * 1000), int(trial.ended * 1000)
        metrics = [Metric(_mlflow_name(name), value, end, step) for name, value, step in trial.points()]
        params = [Param(_mlflow_name(name), str(value)) for name, value in trial.params.items()]
        with self._tracking_errors():
            if trial.number in self._unfinished:
                self._client.delete_run(self._unfinished.pop(trial.number))
            run_id = self._client.create_run(self._experiment, start, trial.tags, trial.name).info.run_id
            for batch in batches(metrics, METRICS):
                self._client.log_batch(run_id, metrics=batch)
            for param_batch in batches(params, PARAMS):
                self._client.log_batch(run_id, params=param_batch)
            # This comes last: a run that has ended is complete.
            self._client.set_terminated(run_id, STATUS[trial.state], end)

    @contextlib.contextmanager
    def _tracking_errors(self) -> Iterator[None]:
        """Turn errors of MLflow and of the network into TrackingError."""
        try:
            yield
        except (MlflowException, OSError) as error:
            raise TrackingError(f"mlflow, {self._uri}: {first_line(error)}", ADVICE) from error


def _mlflow_name(text: str) -> str:
    """Return a name that MLflow accepts: other characters become "_", and a path has no empty and no dotted parts."""
    parts = re.sub(r"[^/\w.\- ]", "_", text).split("/")
    return "/".join(part for part in parts if part.strip(".")) or "_"


def batches(items: Sequence[T], size: int) -> Iterator[list[T]]:
    """Yield the items in lists of at most `size`."""
    for start in range(0, len(items), size):
        yield list(items[start : start + size])
