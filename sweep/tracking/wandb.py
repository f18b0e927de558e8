"""Weights & Biases: a run for each trial, uploaded by wandb's own client, which also finds the API key."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator

import wandb

from sweep.errors import TrackingError
from sweep.study.study import Study
from sweep.system.files import write_json
from sweep.tracking.tracked_trial import TrackedTrial
from sweep.units import first_line

ADVICE = (
    "Run `wandb login`, or set WANDB_API_KEY. With WANDB_MODE=offline, wandb writes files for a later `wandb sync`. "
    "Nothing is lost."
)


class WandB:
    """A study's project on Weights & Biases. Implements `sync.Tracker`.

    A file of the study records the uploaded trials, because asking wandb needs the network and is slow.
    """

    def __init__(self, study: Study) -> None:
        self._name = study.config.tracking.wandb or ""
        self._team, _, self._project = self._name.rpartition("/")
        self._file, self._folder = study.paths.wandb_sent, study.paths.root
        self.place = f"the project {self._name}; files in {self._folder / 'wandb'}"
        with _tracking_errors():
            settings = wandb.setup().settings
            has_key = wandb.api.api_key or settings.identity_token_file
        if settings.mode == "disabled":
            raise TrackingError("wandb: the environment variable WANDB_MODE is disabled", ADVICE)
        if settings.mode == "online" and not has_key:
            # Without this check wandb would prompt for a key, and wait.
            raise TrackingError("wandb: there is no API key", ADVICE)

    def uploaded(self) -> set[int]:
        return set(self._uploaded_by_project().get(self._name, []))

    def _uploaded_by_project(self) -> dict[str, list[int]]:
        try:
            uploaded: dict[str, list[int]] = json.loads(self._file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except ValueError as error:
            advice = "Remove that file; all trials will be uploaded again."
            raise TrackingError(f"{self._file} cannot be read: {error}", advice) from None
        return uploaded

    def upload(self, trial: TrackedTrial) -> None:
        with _tracking_errors():
            run = wandb.init(
                entity=self._team or None,
                project=self._project,
                # A second upload has the same id, and so replaces what an interrupted one has left.
                id=f"{trial.study_id.rpartition('-')[2][:12]}-{trial.number:05d}",
                resume="allow",
                name=trial.name,
                group=trial.study,
                job_type="trial",
                tags=[trial.study, trial.state, f"generation {trial.generation}"],
                notes=trial.reason or None,
                config={**trial.params, "sweep": trial.tags},
                dir=self._folder,
                settings=wandb.Settings(console="off", silent=True, disable_git=True, save_code=False),
            )
            for step, values in trial.curves.items():
                run.log(values, step=step)
            run.summary.update(trial.costs)
            run.finish(exit_code=int(trial.state == "FAIL"))
        uploaded = self._uploaded_by_project()
        write_json(self._file, {**uploaded, self._name: sorted({*uploaded.get(self._name, []), trial.number})})


@contextlib.contextmanager
def _tracking_errors() -> Iterator[None]:
    """Turn errors of wandb and of the network into TrackingError."""
    try:
        yield
    except (wandb.Error, OSError) as error:
        raise TrackingError(f"wandb: {first_line(error)}", ADVICE) from error
