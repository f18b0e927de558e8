"""A study in its Optuna storage: trials are asked here and results are told here."""

from __future__ import annotations

import functools
import logging
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, TypeVar

import optuna
from optuna.distributions import distribution_to_json, json_to_distribution
from optuna.storages import BaseStorage, InMemoryStorage
from optuna.trial import FrozenTrial, TrialState

from sweep.config import pruners, samplers
from sweep.config.conditions import choose_values, expand_parameters
from sweep.errors import StorageError, StudyError
from sweep.optimizer.distributions import optuna_directions
from sweep.optimizer.proposer import Proposer
from sweep.optimizer.storages import (
    add_intermediate_values,
    all_trials,
    close_storage,
    open_storage,
    replace_storage,
    storage_errors,
)
from sweep.optimizer.trial_row import GENERATION, INDEX, RESULT, TrialRow, result_attribute, trial_row
from sweep.study.commands import command_line
from sweep.study.enqueued import queued_configurations
from sweep.study.study import Study
from sweep.trial import cutoffs
from sweep.trial.result import Result
from sweep.trial.spec import ParamValue, TrialSpec

optuna.logging.set_verbosity(logging.WARNING)
warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)

CONSTRAINT = "constraints"
"""Optuna 5 keeps a trial's constraints under system attributes named `constraints:…` (Trial.set_constraint)."""

Arguments = ParamSpec("Arguments")
Returned = TypeVar("Returned")


@dataclass(frozen=True)
class Proposal:
    """A trial as Optuna proposed it.

    `sampler` holds the system attributes that its sampler will need later; `distributions` says, as JSON, what each
    parameter was drawn from.
    """

    number: int
    generation: int
    index: int
    params: dict[str, ParamValue]
    sampler: dict[str, Any]
    distributions: dict[str, str]


def _raises_storage_error(
    method: Callable[Concatenate[StoredStudy, Arguments], Returned],
) -> Callable[Concatenate[StoredStudy, Arguments], Returned]:
    """Turn Optuna's and the database's errors into StorageError."""

    def guarded(self: StoredStudy, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Returned:
        with storage_errors(self.study):
            return method(self, *args, **kwargs)

    return functools.update_wrapper(guarded, method)


class StoredStudy:
    """A study in its Optuna storage.

    Only one process at a time may write: hold the study's storage lock. An open StoredStudy may not see what others
    write later; `with_study` returns one that does. All methods raise StorageError when the storage fails.
    """

    def __init__(self, study: Study, storage: BaseStorage) -> None:
        """Use `storage`, which has the study. `StoredStudy.open` uses the storage that the study file names."""
        self.study = study
        self._config, self._storage = study.config, storage
        self._parameters = expand_parameters(self._config.search)
        self._study_id = storage.get_study_id_from_name(study.storage_study)
        # Optuna reads all running trials again at each call, so they are kept until this object writes.
        self._read: list[FrozenTrial] | None = None

    @classmethod
    def open(cls, study: Study, *, writing: bool) -> StoredStudy:
        """Open a study's storage. Raises StorageError also when it is missing, or has no such study."""
        if study.storage_file and not study.storage_file.exists():
            raise StorageError(
                f"the Optuna storage {study.storage_place} is missing",
                f"To rebuild it from the trials' own files, run: {command_line('repair', study.config.study.name)}",
            )
        with storage_errors(study, opening=True):
            return cls(study, open_storage(study, writing=writing))

    def with_study(self, study: Study) -> StoredStudy:
        """Return the same storage for the study as its file is now."""
        with storage_errors(study, opening=True):
            return StoredStudy(study, self._storage)

    @classmethod
    def create(cls, study: Study) -> StoredStudy:
        """Create the study in its storage, unless it is there."""
        with storage_errors(study, opening=True):
            return cls._create(study, open_storage(study, writing=True))

    @classmethod
    def in_memory(cls, study: Study) -> StoredStudy:
        """Return the study without trials, in memory only."""
        return cls._create(study, InMemoryStorage())

    @classmethod
    def _create(cls, study: Study, storage: BaseStorage) -> StoredStudy:
        directions = optuna_directions(study.config.study)
        optuna.create_study(storage=storage, study_name=study.storage_study, directions=directions, load_if_exists=True)
        return cls(study, storage)

    def close(self) -> None:
        """Close the connections to a database."""
        close_storage(self._storage)

    @_raises_storage_error
    def propose(self, generation: int, limit: int | None = None) -> list[Proposal]:
        """Return the trials of a generation, by index; ask Optuna for those that are missing.

        The study has at most `limit` trials in all.

        Optuna is asked on a copy of the study in memory. A new trial then enters the storage in one write, as RUNNING,
        with its key and all parameters. A crash loses only trials that nobody has seen, and the next call asks again.
        """
        known = {proposal.index for proposal in self.generation(generation)}
        indices = range(self._config.study.trials_per_generation)
        missing = [(generation, index) for index in indices if index not in known]
        self._add(missing if limit is None else missing[: max(0, limit - len(self._trials()))])
        return sorted(self.generation(generation), key=lambda proposal: proposal.index)

    @_raises_storage_error
    def add(self, count: int) -> list[Proposal]:
        """Ask for `count` more trials, whatever is running.

        They are numbered on, and get the generation and index that they would have if asked generation by generation.
        """
        per_generation, first = self._config.study.trials_per_generation, len(self._trials())
        keys = [divmod(first + position, per_generation) for position in range(count)]
        return [self._proposal(trial) for trial in self._add(keys)]

    def _add(self, keys: Sequence[tuple[int, int]]) -> list[FrozenTrial]:
        """Ask Optuna for the trials of these (generation, index) keys, given the trials that are there."""
        if not keys:
            return []
        study, known = optuna.load_study(study_name=self.study.storage_study, storage=self._storage), self._trials()
        proposer = Proposer(self._config, known, queued_configurations(self.study))
        added: list[FrozenTrial] = []
        self._read = None
        for key in keys[: proposer.left(len(keys))]:
            trial = proposer.ask(*key)
            study.add_trial(trial)
            trial.number = len(known) + len(added)
            added.append(trial)
        self._read = [*known, *added]
        return added

    @_raises_storage_error
    def count(self) -> int:
        """Return the number of trials, ended or not."""
        return len(self._trials())

    @_raises_storage_error
    def running(self) -> list[Proposal]:
        """Return the trials whose results Optuna does not have yet, by number."""
        return [self._proposal(trial) for trial in self._trials() if trial.state == TrialState.RUNNING]

    @_raises_storage_error
    def proposal(self, number: int) -> Proposal | None:
        """Return the trial of this number, ended or not; None if there is none."""
        trials = self._trials()
        return self._proposal(trials[number]) if number < len(trials) else None

    @_raises_storage_error
    def generation(self, generation: int) -> list[Proposal]:
        """Return the trials of a generation that have been proposed, by number."""
        trials = [trial for trial in self._trials() if trial.user_attrs.get(GENERATION) == generation]
        return [self._proposal(trial) for trial in trials]

    @_raises_storage_error
    def rows(self) -> list[TrialRow]:
        """Return all trials, by number."""
        return [trial_row(trial, self._config.study.metric) for trial in self._trials()]

    @_raises_storage_error
    def configurations_left(self, limit: int) -> int:
        """Return the number of untried configurations, at most `limit`; `limit` if the sampler does not list them."""
        if not samplers.SAMPLERS[self._config.sampler.name].is_exhaustive:
            return limit
        return Proposer(self._config, self._trials()).left(limit)

    @_raises_storage_error
    def complete(self, values: Mapping[str, ParamValue]) -> dict[str, ParamValue]:
        """Return all parameters of a trial with these values; the others are those of the study's first trial."""
        return self._with_fixed(Proposer(self._config, self._trials()).complete(values))

    def peak_usage(self) -> list[tuple[float, float]]:
        """Return the peak memory (MB) and disk (KB) of each trial, if the study sizes its jobs by them; else []."""
        if self._config.job.resources != "auto":
            return []
        return [(row.memory_mb, row.disk_kb) for row in self.rows()]

    @_raises_storage_error
    def cutoffs(self) -> dict[str, float]:
        """Return the cut-offs of a trial that starts now, by step. The steps are strings, as in JSON."""
        pruner, steps = self._config.pruner, self._config.trainer.epochs
        if pruner.name not in cutoffs.PRECOMPUTED or steps is None:
            return {}
        trials = self._trials()
        complete = [trial.intermediate_values for trial in trials if trial.state == TrialState.COMPLETE]
        ended = [trial.intermediate_values for trial in trials if trial.state != TrialState.FAIL]
        direction = self._config.study.first_direction
        found = cutoffs.compute_cutoffs(pruner.name, pruner.options, direction, complete, ended, steps)
        return {str(step): value for step, value in found.items()}

    @_raises_storage_error
    def should_prune(self, number: int, intermediate: Mapping[int, float]) -> bool:
        """Store a running trial's intermediate values and ask the study's pruner."""
        trial_id = self._trial_id(number)
        self._set_intermediate(trial_id, intermediate)
        study = optuna.load_study(study_name=self.study.storage_study, storage=self._storage)
        study.pruner = pruners.make_pruner(self._config.pruner.name, self._config.pruner.options)
        return study.pruner.prune(study, self._storage.get_trial(trial_id))

    @_raises_storage_error
    def sampler_attributes(self, number: int) -> dict[str, Any]:
        """Return what the sampler and the pruner keep with a trial."""
        return self._storage.get_trial_system_attrs(self._trial_id(number))

    @_raises_storage_error
    def tell(self, result: Result, intermediate: Mapping[int, float]) -> None:
        """Store how a trial ended. If the storage has its result already, nothing changes."""
        trial_id = self._trial_id(result.number)
        if self._storage.get_trial(trial_id).state.is_finished():
            return
        self._set_intermediate(trial_id, intermediate)
        self._storage.set_trial_user_attr(trial_id, RESULT, result_attribute(result, self._config.study.metric))
        for text, violation in result.violations.items():
            self._storage.set_trial_system_attr(trial_id, f"{CONSTRAINT}:{text}", violation)
        self._storage.set_trial_state_values(trial_id, TrialState[result.state], self._objectives(result))

    @_raises_storage_error
    def restore(self, spec: TrialSpec, result: Result | None, intermediate: Mapping[int, float]) -> None:
        """Add a trial as its own files have it. The storage must have all trials before it.

        Raises StudyError when the storage would give the trial another number.
        """
        study, due = optuna.load_study(study_name=self.study.storage_study, storage=self._storage), len(self._trials())
        if spec.number != due:
            repair = command_line("repair", self.study.config.study.name)
            raise StudyError(f"the folder of trial {due} is missing", f"Put it back, then run: {repair}")
        self._read = None
        study.add_trial(self._restored(spec, result, intermediate))

    def _restored(self, spec: TrialSpec, result: Result | None, intermediate: Mapping[int, float]) -> FrozenTrial:
        distributions = {name: json_to_distribution(text) for name, text in spec.distributions.items()}
        attributes = {RESULT: result_attribute(result, self._config.study.metric)} if result else {}
        return optuna.create_trial(
            state=TrialState[result.state] if result else TrialState.RUNNING,
            values=self._objectives(result),
            constraints=result.violations if result else None,
            params={name: spec.params[name] for name in distributions},
            distributions=distributions,
            user_attrs={GENERATION: spec.generation, INDEX: spec.index, **attributes},
            system_attrs=spec.sampler,
            # While the trial runs, the storage has the values of the slices that have ended.
            intermediate_values={step: value for step, value in intermediate.items() if result or step <= spec.step},
        )

    @_raises_storage_error
    def replace_storage(self, say: Callable[[str], None]) -> None:
        """Make this the study's storage, in place of what is there. The caller holds the storage lock."""
        replace_storage(self._storage, self.study, say)

    def _trials(self) -> list[FrozenTrial]:
        if self._read is None:
            self._read = all_trials(self._storage, self._study_id)
        return self._read

    def _trial_id(self, number: int) -> int:
        return self._storage.get_trial_id_from_study_id_trial_number(self._study_id, number)

    def _set_intermediate(self, trial_id: int, intermediate: Mapping[int, float]) -> None:
        """Store the intermediate values that the storage does not have yet."""
        known = self._storage.get_trial(trial_id).intermediate_values
        self._read = None
        new = {step: value for step, value in intermediate.items() if step not in known}
        add_intermediate_values(self._storage, trial_id, new)

    def _objectives(self, result: Result | None) -> list[float] | None:
        return [result.values[metric] for metric in self._config.study.metric] if result and result.values else None

    def _proposal(self, trial: FrozenTrial) -> Proposal:
        return Proposal(
            number=trial.number,
            generation=trial.user_attrs[GENERATION],
            index=trial.user_attrs[INDEX],
            params=self._with_fixed(trial.params),
            sampler=trial.system_attrs,
            distributions={name: distribution_to_json(found) for name, found in trial.distributions.items()},
        )

    def _with_fixed(self, params: dict[str, ParamValue]) -> dict[str, ParamValue]:
        """Return a trial's parameters with the fixed ones, whatever the study has come to search since then."""
        parameters = [parameter for parameter in self._parameters if parameter.is_fixed or parameter.name in params]
        return choose_values(parameters, lambda parameter: params[parameter.name]) | params
