"""Asking and telling: a study's trials in its Optuna storage, and the sampler that proposes them."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import optuna
from optuna.distributions import distribution_to_json, json_to_distribution
from optuna.storages import BaseStorage, InMemoryStorage
from optuna.trial import FrozenTrial, TrialState

from sweep import filling, samplers
from sweep.conditions import walk, written_out
from sweep.distributions import suggest
from sweep.enqueue import listed
from sweep.errors import StorageError, StudyError
from sweep.storage import close, open_storage, put_in_place, worded
from sweep.study import Study
from sweep.trial import ParamValue, Result, TrialSpec, derived_seed

optuna.logging.set_verbosity(logging.WARNING)
warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)

CONSTRAINT_TRIES = 1000
"""How many configurations are asked for until one keeps the study's constraints: the first half by its sampler."""

# User attributes of a trial in the storage. The first two are the key: a generation has one trial of each index.
GENERATION, INDEX = "generation", "index"
REASON, ATTEMPTS, EVICTIONS, DURATION, LOST, STEPS = "reason", "attempts", "evictions", "duration_s", "lost_s", "steps"

SEQUENCES = "sweep:sequences"
"""System attribute of a trial: how far the quasi-random sequences of the study were when it was asked."""

TAKEN = "sweep:taken"
"""System attribute of a trial that was listed in the study file, or enqueued: under which name."""


@dataclass(frozen=True)
class Proposal:
    """A trial as Optuna proposed it. `sampler` is what its sampler will want to know of it later, `distributions` what
    its parameters were drawn from, as JSON."""

    number: int
    index: int
    params: dict[str, ParamValue]
    sampler: dict[str, Any]
    distributions: dict[str, str]


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


class Search:
    """A study in its Optuna storage. Only one process at a time may write: hold the study's storage lock.

    All methods raise StorageError when the storage does not do what it should.
    """

    def __init__(self, study: Study, storage: BaseStorage) -> None:
        """Of a study that `storage` has; `Search.open` takes the one that the study's file names."""
        self._study, self._config, self._storage = study, study.config, storage
        self._asked = written_out(self._config.search)
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
        study = optuna.load_study(study_name=self._study.storage_study, storage=self._storage)
        memory = InMemoryStorage()
        copy = self._copy(memory)
        for index in range(config.trials_per_generation):
            if index not in known:
                asked, mark = self._ask(copy, generation, index)
                study.add_trial(
                    optuna.create_trial(
                        state=TrialState.RUNNING,
                        params=asked.params,
                        distributions=asked.distributions,
                        user_attrs={GENERATION: generation, INDEX: index},
                        system_attrs=asked.system_attrs | mark | _sequences(memory, copy),
                    )
                )
        return [
            Proposal(
                number=trial.number,
                index=index,
                params=self._values(trial),
                sampler=trial.system_attrs,
                distributions={name: distribution_to_json(one) for name, one in trial.distributions.items()},
            )
            for index, trial in sorted(self._by_index(generation).items())
        ]

    def _values(self, trial: FrozenTrial) -> dict[str, ParamValue]:
        """A trial's parameters, the fixed ones among them, whatever the study has come to search since then."""
        asked = [one for one in self._asked if one.is_fixed or one.name in trial.params]
        return walk(asked, lambda one: trial.params[one.name]) | trial.params

    def _copy(self, memory: InMemoryStorage) -> optuna.Study:
        """The study in memory, its sequences as far as the last trial says."""
        trials = self._storage.get_all_trials(self._study_id, deepcopy=False)
        copy = optuna.create_study(storage=memory, direction=self._config.study.direction)
        copy.add_trials(trials)
        for name, count in (trials[-1].system_attrs.get(SEQUENCES, {}) if trials else {}).items():
            memory.set_study_system_attr(memory.get_study_id_from_name(copy.study_name), name, count)
        return copy

    def _ask(self, copy: optuna.Study, generation: int, index: int) -> tuple[FrozenTrial, dict[str, str]]:
        """Ask for one trial on a copy of the study, again and again until it keeps the study's constraints.

        Also gives an attribute that the trial is to bear.
        """
        seed = self._config.study.seed
        mark: dict[str, str] = {}
        wanted = self._filling(generation, index)
        if first := self._listed():
            mark, wanted = first
        for again in range(CONSTRAINT_TRIES):
            # A sampler for each trial, seeded by its key: no process repeats another's proposals, and one that goes
            # on after a crash proposes what the other would have.
            place = (generation, index, again) if again else (generation, index)
            sampler = self._config.sampler
            copy.sampler = samplers.make(
                sampler.name if again < CONSTRAINT_TRIES // 2 else "random",
                sampler.options if again < CONSTRAINT_TRIES // 2 else {},
                self._asked,
                derived_seed(seed, "sampler"),
                derived_seed(seed, "sampler", *place),
            )
            if wanted:
                copy.enqueue_trial(wanted)
            trial = copy.ask()
            values = walk(self._asked, lambda one, of=trial: suggest(of, one))  # type: ignore[misc]
            if self._config.constraints.allow(values):
                return copy.get_trials(deepcopy=False)[trial.number], mark
            copy.tell(trial, state=TrialState.FAIL)
            wanted = None
        raise StudyError(
            f"[constraints] parameters: of {CONSTRAINT_TRIES} configurations none kept them",
            "Loosen them, or narrow [search] to where they hold.",
        )

    def _listed(self) -> tuple[dict[str, str], dict[str, ParamValue]] | None:
        """The first listed configuration that no trial has taken, and the attribute of the trial which takes it."""
        trials = self._storage.get_all_trials(self._study_id, deepcopy=False)
        taken = {trial.system_attrs.get(TAKEN) for trial in trials}
        return next((({TAKEN: name}, values) for name, values in listed(self._study) if name not in taken), None)

    def _filling(self, generation: int, index: int) -> dict[str, ParamValue] | None:
        """The point of a first generation that fills the space, where the sampler has no model yet."""
        config = self._config
        if generation > 0 or not samplers.SAMPLERS[config.sampler.name].has_model:
            return None
        trials = config.study.trials_per_generation
        return {
            one.name: filling.value(one.name, one.parameter, config.study.seed, index, trials)
            for one in self._asked
            if not one.is_fixed
        }

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
        spaces = {name: json_to_distribution(text) for name, text in spec.distributions.items()}
        study.add_trial(
            optuna.create_trial(
                state=TrialState[result.state] if result else TrialState.RUNNING,
                value=result.value if result else None,
                params={name: spec.params[name] for name in spaces},
                distributions=spaces,
                user_attrs={GENERATION: spec.generation, INDEX: spec.index, **(_told(result) if result else {})},
                system_attrs=spec.sampler,
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


def _sequences(memory: InMemoryStorage, copy: optuna.Study) -> dict[str, Any]:
    """What Optuna's QMCSampler counts in a study, as an attribute of a trial."""
    counted = memory.get_study_system_attrs(memory.get_study_id_from_name(copy.study_name))
    found = {name: count for name, count in counted.items() if name.startswith("qmc:")}
    return {SEQUENCES: found} if found else {}


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
