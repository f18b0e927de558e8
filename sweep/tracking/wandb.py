"""Weights & Biases: a run for each trial, by wandb's own client, which finds the API key as it always does."""

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
    "Type `wandb login`, or set WANDB_API_KEY; with WANDB_MODE=offline files are written for a later `wandb sync`. "
    "Nothing is lost."
)


class WandB:
    """A project. Which trials it has, a small file of the study says: asking needs the network, and takes long."""

    def __init__(self, study: Study) -> None:
        there = study.config.tracking.wandb or ""
        self._team, _, self._project = there.rpartition("/")
        self._file, self._folder = study.paths.wandb_sent, study.paths.root
        self.place = f"the project {there}; files in {self._folder / 'wandb'}"
        self._key = there
        with _worded():
            settings = wandb.setup().settings
            has_key = wandb.api.api_key or settings.identity_token_file
        if settings.mode == "disabled":
            raise TrackingError("wandb: WANDB_MODE is disabled", ADVICE)
        if settings.mode == "online" and not has_key:
            # wandb would ask for one, and wait.
            raise TrackingError("wandb: there is no API key", ADVICE)

    def sent(self) -> set[int]:
        return set(self._told().get(self._key, []))

    def _told(self) -> dict[str, list[int]]:
        try:
            told: dict[str, list[int]] = json.loads(self._file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except ValueError as error:
            raise TrackingError(f"{self._file} cannot be read: {error}", "Remove it: all are told again.") from None
        return told

    def send(self, run: TrackedTrial) -> None:
        # The same id in each try: what an interrupted one told is replaced.
        with _worded():
            there = wandb.init(
                entity=self._team or None,
                project=self._project,
                id=f"{run.study_id[:12]}-{run.number:05d}",
                resume="allow",
                name=run.name,
                group=run.study,
                job_type="trial",
                tags=[run.study, run.state, f"generation {run.generation}"],
                notes=run.reason or None,
                config={**run.params, "sweep": run.tags},
                dir=self._folder,
                settings=wandb.Settings(console="off", silent=True, disable_git=True, save_code=False),
            )
            for step, values in run.curves.items():
                there.log(values, step=step)
            there.summary.update(run.took)
            there.finish(exit_code=int(run.state == "FAIL"))
        told = self._told()
        write_json(self._file, {**told, self._key: sorted({*told.get(self._key, []), run.number})})


@contextlib.contextmanager
def _worded() -> Iterator[None]:
    """Raises TrackingError for what wandb, or the network, says."""
    try:
        yield
    except (wandb.Error, OSError) as error:
        first = first_line(error)
        raise TrackingError(f"wandb: {first}", ADVICE) from error
