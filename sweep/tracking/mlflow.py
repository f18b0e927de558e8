"""MLflow: an experiment of the study's name, a run for each trial. Which trials it has, it is asked."""

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
"""MLflow's words for how a trial ended; a run that was not told whole is RUNNING."""


METRICS, PARAMS = 1000, 100
"""How many of each MLflow takes at a time."""


ADVICE = (
    "Is the server up, and does it let you in? MLflow reads MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or "
    "MLFLOW_TRACKING_TOKEN. Nothing is lost."
)


T = TypeVar("T")


class MLflow:
    """A tracking server, or a database or folder that MLflow keeps itself."""

    def __init__(self, study: Study) -> None:
        self._uri = study.config.tracking.mlflow or ""
        self._name, self._study = study.config.study.name, study.id
        self.place = f"the experiment {self._name} of {self._uri}"
        with self._worded():
            self._client = MlflowClient(self._uri)
            there = self._client.get_experiment_by_name(self._name)
            self._experiment = there.experiment_id if there else self._client.create_experiment(self._name)
        self._unfinished: dict[int, str] = {}

    def sent(self) -> set[int]:
        found, token = set(), None
        while True:
            with self._worded():
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

    def send(self, run: TrackedTrial) -> None:
        start, end = int(run.started * 1000), int(run.ended * 1000)
        metrics = [Metric(_name(name), value, end, step) for name, value, step in run.points()]
        params = [Param(_name(name), str(value)) for name, value in run.params.items()]
        with self._worded():
            if run.number in self._unfinished:
                self._client.delete_run(self._unfinished.pop(run.number))
            made = self._client.create_run(self._experiment, start, run.tags, run.name).info.run_id
            for some in batched(metrics, METRICS):
                self._client.log_batch(made, metrics=some)
            for few in batched(params, PARAMS):
                self._client.log_batch(made, params=few)
            # Last: a run that has ended is whole.
            self._client.set_terminated(made, STATUS[run.state], end)

    @contextlib.contextmanager
    def _worded(self) -> Iterator[None]:
        """Raises TrackingError for what MLflow, or the network, says."""
        try:
            yield
        except (MlflowException, OSError) as error:
            first = first_line(error)
            raise TrackingError(f"mlflow, {self._uri}: {first}", ADVICE) from error


def _name(text: str) -> str:
    """A name as MLflow takes it."""
    return re.sub(r"[^/\w.\- ]", "_", text)


def batched(items: Sequence[T], size: int) -> Iterator[list[T]]:
    """The items in lists of `size` at most."""
    for start in range(0, len(items), size):
        yield list(items[start : start + size])
