"""Asking and telling: a study's trials in its Optuna storage, and the sampler that proposes them."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import optuna
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.storages import BaseStorage, InMemoryStorage
from optuna.trial import FrozenTrial, TrialState

from sweep.config import StudyConfig
from sweep.errors import StorageError, StudyError
from sweep.space import CategoricalParameter, FloatParameter, IntParameter
from sweep.storage import close, open_storage, put_in_place, worded
from sweep.study import Study
from sweep.trial import ParamValue, Result, TrialSpec, derived_seed

optuna.logging.set_verbosity(logging.WARNING)
warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)

# User attributes of a trial in the storage. The first two are the key: a generation has one trial of each index.
GENERATION, INDEX = "generation", "index"
REASON, ATTEMPTS, EVICTIONS, DURATION, LOST, STEPS = "reason", "attempts", "evictions", "duration_s", "lost_s", "steps"


@dataclass(frozen=True)
class Proposal:
    """A trial as Optuna proposed it."""

    number: int
    index: int
    params: dict[str, ParamValue]


@dataclass(frozen=True)
class TrialRow:
    """A trial as the storage has it. What its result counts (attempts to steps) is None until it is told."""

    number: int
    state: str
    value: float | None
    params: dict[str, ParamValue]
    generation: int | None
    index: int | None
    intermediate: dict[int, float]
    attempts: int | None
    evictions: int | None
    duration_s: float | None
    lost_s: float | None
    steps: int | None
    reason: str


def distributions(config: StudyConfig) -> dict[str, BaseDistribution]:
    """The search space in Optuna's terms."""
    return {name: _distribution(parameter) for name, parameter in config.search.items()}


def _distribution(parameter: FloatParameter | IntParameter | CategoricalParameter) -> BaseDistribution:
    if isinstance(parameter, CategoricalParameter):
        return CategoricalDistribution(parameter.choices)
    if isinstance(parameter, IntParameter):
        # The last step may not end at high; Optuna would lower high itself, with a warning.
        high = parameter.high - (parameter.high - parameter.low) % parameter.step
        return IntDistribution(parameter.low, high, log=parameter.log, step=parameter.step)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        return FloatDistribution(parameter.low, parameter.high, log=parameter.log, step=parameter.step)


class Search:
    """A study in its Optuna storage. Only one process at a time may write: hold the study's storage lock.

    All methods raise StorageError when the storage does not do what it should.
    """

    def __init__(self, study: Study, storage: BaseStorage) -> None:
        """Of a study that `storage` has; `Search.open` takes the one that the study's file names."""
        self._study, self._config, self._storage = study, study.config, storage
        self._study_id = storage.get_study_id_from_name(study.storage_study)

    @classmethod
    def open(cls, study: Study, *, writing: bool) -> Search:
        """Raises StorageError also when the storage is missing, or has no such study."""
        if study.storage_file and not study.storage_file.exists():
            raise StorageError(
                f"the Optuna storage {study.storage_place} is missing",
                "Type `sweep repair`: it is made anew from the trials' own files.",
            )
        with worded(study, opening=True):
            return cls(study, open_storage(study, writing=writing))

    @classmethod
    def create(cls, study: Study) -> Search:
        """Make the study in its storage, unless it is there."""
        with worded(study, opening=True):
            return cls._create(study, open_storage(study, writing=True))

    @classmethod
    def in_memory(cls, study: Study) -> Search:
        """The study without trials, in no file."""
        return cls._create(study, InMemoryStorage())

    @classmethod
    def _create(cls, study: Study, storage: BaseStorage) -> Search:
        direction = study.config.study.direction
        optuna.create_study(storage=storage, study_name=study.storage_study, direction=direction, load_if_exists=True)
        return cls(study, storage)

    def propose(self, generation: int) -> list[Proposal]:
        """The trials of a generation, asked from Optuna as far as they are missing.

        Optuna is asked on a copy of the study in memory, and the trial enters the storage in one write, running, with
        its key and all parameters. So a crash loses at most what nobody has seen, and the next call asks it again.
        """
        with worded(self._study):
            return self._propose(generation)

    def _propose(self, generation: int) -> list[Proposal]:
        known = self._by_index(generation)
        config = self._config.study
        space = distributions(self._config)
        study = optuna.load_study(study_name=self._study.storage_study, storage=self._storage)
        copy = optuna.create_study(direction=config.direction)
        copy.add_trials(self._storage.get_all_trials(self._study_id, deepcopy=False))
        for index in range(config.trials_per_generation):
            if index in known:
                continue
            # A sampler for each trial, seeded by its key: no process repeats another's proposals, and one that goes
            # on after a crash proposes what the other would have.
            copy.sampler = optuna.samplers.TPESampler(seed=derived_seed(config.seed, "sampler", generation, index))
            number = copy.ask(fixed_distributions=space).number
            asked = copy.get_trials(deepcopy=False)[number]
            study.add_trial(
                optuna.create_trial(
                    state=TrialState.RUNNING,
                    params=asked.params,
                    distributions=asked.distributions,
                    user_attrs={GENERATION: generation, INDEX: index},
                    system_attrs=asked.system_attrs,
                )
            )
        return [
            Proposal(trial.number, index, trial.params) for index, trial in sorted(self._by_index(generation).items())
        ]

    def _by_index(self, generation: int) -> dict[int, FrozenTrial]:
        return {
            trial.user_attrs[INDEX]: trial
            for trial in self._storage.get_all_trials(self._study_id, deepcopy=False)
            if trial.user_attrs.get(GENERATION) == generation
        }

    def tell(self, result: Result, intermediate: Mapping[int, float]) -> None:
        """Store how a trial ended; of a trial that is told already nothing changes."""
        with worded(self._study):
            self._tell(result, intermediate)

    def _tell(self, result: Result, intermediate: Mapping[int, float]) -> None:
        trial_id = self._storage.get_trial_id_from_study_id_trial_number(self._study_id, result.number)
        trial = self._storage.get_trial(trial_id)
        if trial.state.is_finished():
            return
        for step, value in intermediate.items():
            if step not in trial.intermediate_values:
                self._storage.set_trial_intermediate_value(trial_id, step, value)
        for name, value in _told(result).items():
            self._storage.set_trial_user_attr(trial_id, name, value)
        values = None if result.value is None else [result.value]
        self._storage.set_trial_state_values(trial_id, TrialState[result.state], values)

    def restore(self, spec: TrialSpec, result: Result | None, intermediate: Mapping[int, float]) -> None:
        """Add a trial as its own files have it, to a storage that has all trials before it.

        Raises StudyError when the storage would give it another number.
        """
        study = optuna.load_study(study_name=self._study.storage_study, storage=self._storage)
        due = len(self._storage.get_all_trials(self._study_id, deepcopy=False))
        if spec.number != due:
            raise StudyError(f"the folder of trial {due} is missing", "Put it back, then type `sweep repair` again.")
        study.add_trial(
            optuna.create_trial(
                state=TrialState[result.state] if result else TrialState.RUNNING,
                value=result.value if result else None,
                params=spec.params,
                distributions=distributions(self._config),
                user_attrs={GENERATION: spec.generation, INDEX: spec.index, **(_told(result) if result else {})},
                intermediate_values=dict(intermediate) if result else {},
            )
        )

    def put_in_place(self) -> None:
        """Make this the study's storage, in place of what is there; the caller holds the storage lock."""
        with worded(self._study):
            put_in_place(self._storage, self._study)

    def close(self) -> None:
        """Let go of a database's connections."""
        close(self._storage)

    def rows(self) -> list[TrialRow]:
        """All trials, by number."""
        with worded(self._study):
            return [_row(trial) for trial in self._storage.get_all_trials(self._study_id, deepcopy=False)]


def _told(result: Result) -> dict[str, Any]:
    """The user attributes that a trial bears once it is told."""
    return {
        REASON: result.reason,
        ATTEMPTS: result.attempts,
        EVICTIONS: result.evictions,
        DURATION: result.duration_s,
        LOST: result.lost_s,
        STEPS: result.steps,
    }


def _row(trial: FrozenTrial) -> TrialRow:
    attributes = trial.user_attrs
    started, ended = trial.datetime_start, trial.datetime_complete
    return TrialRow(
        number=trial.number,
        state=trial.state.name,
        value=trial.value if trial.state == TrialState.COMPLETE else None,
        params=dict(trial.params),
        generation=attributes.get(GENERATION),
        index=attributes.get(INDEX),
        intermediate=dict(trial.intermediate_values),
        attempts=attributes.get(ATTEMPTS),
        evictions=attributes.get(EVICTIONS),
        lost_s=attributes.get(LOST),
        duration_s=attributes.get(DURATION, _seconds(started, ended)),
        steps=attributes.get(STEPS),
        reason=attributes.get(REASON, ""),
    )


def _seconds(started: datetime | None, ended: datetime | None) -> float | None:
    return (ended - started).total_seconds() if started and ended else None
