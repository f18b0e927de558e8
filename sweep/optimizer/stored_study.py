"""Asking and telling: a study's trials in its Optuna storage, and the sampler that proposes them."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import optuna
from optuna.distributions import distribution_to_json, json_to_distribution
from optuna.storages import BaseStorage, InMemoryStorage
from optuna.trial import FrozenTrial, TrialState

from sweep.config import pruners, samplers
from sweep.config.conditions import choose_values, expand_parameters
from sweep.errors import StorageError, StudyError
from sweep.optimizer.proposer import Proposer
from sweep.optimizer.storages import all_trials, close_storage, open_storage, replace_storage, storage_errors
from sweep.optimizer.trial_row import GENERATION, INDEX, RESULT, TrialRow, result_attribute, trial_row
from sweep.study.enqueued import queued_configurations
from sweep.study.study import Study
from sweep.trial.cutoffs import TRAVELLING, compute_cutoffs
from sweep.trial.result import Result
from sweep.trial.spec import ParamValue, TrialSpec

optuna.logging.set_verbosity(logging.WARNING)


warnings.filterwarnings("ignore", category=optuna.exceptions.ExperimentalWarning)


CONSTRAINT = "constraints"
"""Before the colon of the system attributes under which Optuna 5 keeps a trial's constraints (Trial.set_constraint)."""


@dataclass(frozen=True)
class Proposal:
    """A trial as Optuna proposed it. `sampler` is what its sampler will want to know of it later, `distributions` what
    its parameters were drawn from, as JSON."""

    number: int
    generation: int
    index: int
    params: dict[str, ParamValue]
    sampler: dict[str, Any]
    distributions: dict[str, str]


class StoredStudy:
    """A study in its Optuna storage. Only one process at a time may write: hold the study's storage lock.

    What others write later it may not see: `of` the study is one that does. All methods raise StorageError when the
    storage does not do what it should.
    """

    def __init__(self, study: Study, storage: BaseStorage) -> None:
        """Of a study that `storage` has; `Search.open` takes the one that the study's file names."""
        self.study = study
        self._config, self._storage = study.config, storage
        self._asked = expand_parameters(self._config.search)
        self._study_id = storage.get_study_id_from_name(study.storage_study)
        # A storage reads all running trials each time: so they are kept while nothing is written here.
        self._read: list[FrozenTrial] | None = None

    @classmethod
    def open(cls, study: Study, *, writing: bool) -> StoredStudy:
        """Raises StorageError also when the storage is missing, or has no such study."""
        if study.storage_file and not study.storage_file.exists():
            raise StorageError(
                f"the Optuna storage {study.storage_place} is missing",
                "Type `sweep repair`: it is made anew from the trials' own files.",
            )
        with storage_errors(study, opening=True):
            return cls(study, open_storage(study, writing=writing))

    def of(self, study: Study) -> StoredStudy:
        """The same with the study as its file is now."""
        with storage_errors(study, opening=True):
            return StoredStudy(study, self._storage)

    @classmethod
    def create(cls, study: Study) -> StoredStudy:
        """Make the study in its storage, unless it is there."""
        with storage_errors(study, opening=True):
            return cls._create(study, open_storage(study, writing=True))

    @classmethod
    def in_memory(cls, study: Study) -> StoredStudy:
        """The study without trials, in no file."""
        return cls._create(study, InMemoryStorage())

    @classmethod
    def _create(cls, study: Study, storage: BaseStorage) -> StoredStudy:
        directions = study.config.study.direction
        optuna.create_study(storage=storage, study_name=study.storage_study, directions=directions, load_if_exists=True)
        return cls(study, storage)

    def propose(self, generation: int) -> list[Proposal]:
        """The trials of a generation, asked from Optuna as far as they are missing.

        Optuna is asked on a copy of the study in memory, and the trial enters the storage in one write, running, with
        its key and all parameters. So a crash loses at most what nobody has seen, and the next call asks it again.
        """
        with storage_errors(self.study):
            return self._propose(generation)

    def _propose(self, generation: int) -> list[Proposal]:
        known = {proposal.index for proposal in self.generation(generation)}
        indices = range(self._config.study.trials_per_generation)
        self._add([(generation, index) for index in indices if index not in known])
        return sorted(self.generation(generation), key=lambda proposal: proposal.index)

    def add(self, count: int) -> list[Proposal]:
        """So many more trials, whatever runs; numbered through, their generations are as if they had been asked so."""
        with storage_errors(self.study):
            per_generation = self._config.study.trials_per_generation
            there = len(self._trials())
            return [self._proposal(one) for one in self._add([divmod(there + n, per_generation) for n in range(count)])]

    def count(self) -> int:
        """How many trials have been asked for."""
        with storage_errors(self.study):
            return len(self._trials())

    def running(self) -> list[Proposal]:
        """The trials that are not told yet, by number."""
        with storage_errors(self.study):
            return [self._proposal(trial) for trial in self._trials() if trial.state == TrialState.RUNNING]

    def _add(self, keys: Sequence[tuple[int, int]]) -> list[FrozenTrial]:
        """Ask Optuna for trials of these generations and indices, given those that are there."""
        if not keys:
            return []
        study, there = optuna.load_study(study_name=self.study.storage_study, storage=self._storage), self._trials()
        asking = Proposer(self._config, there, queued_configurations(self.study))
        asked: list[FrozenTrial] = []
        self._read = None
        for key in keys[: asking.left(len(keys))]:
            trial = asking.ask(*key)
            study.add_trial(trial)
            trial.number = len(there) + len(asked)
            asked.append(trial)
        self._read = [*there, *asked]
        return asked

    def configurations_left(self, most: int) -> int:
        """How many of so many more trials there are, where the sampler lists all configurations."""
        if not samplers.SAMPLERS[self._config.sampler.name].lists:
            return most
        with storage_errors(self.study):
            return Proposer(self._config, self._trials()).left(most)

    def complete(self, values: Mapping[str, ParamValue]) -> dict[str, ParamValue]:
        """Parameters of one trial that has these values; what they leave open is as in the study's first trial."""
        params = Proposer(self._config, self._trials()).complete(values)
        return self._with_fixed(params)

    def used(self) -> list[tuple[float, float]]:
        """Memory (MB) and disk (KB) that each trial used at the most, where the study goes by it."""
        if self._config.job.resources != "auto":
            return []
        return [(row.memory_mb, row.disk_kb) for row in self.rows()]

    def _trials(self) -> list[FrozenTrial]:
        if self._read is None:
            self._read = all_trials(self._storage, self._study_id)
        return self._read

    def generation(self, generation: int) -> list[Proposal]:
        """The trials of a generation that have been asked for, by number."""
        with storage_errors(self.study):
            trials = [trial for trial in self._trials() if trial.user_attrs.get(GENERATION) == generation]
            return [self._proposal(trial) for trial in trials]

    def _proposal(self, trial: FrozenTrial) -> Proposal:
        return Proposal(
            number=trial.number,
            generation=trial.user_attrs[GENERATION],
            index=trial.user_attrs[INDEX],
            params=self._with_fixed(trial.params),
            sampler=trial.system_attrs,
            distributions={name: distribution_to_json(one) for name, one in trial.distributions.items()},
        )

    def _with_fixed(self, params: dict[str, ParamValue]) -> dict[str, ParamValue]:
        """A trial's parameters, the fixed ones among them, whatever the study has come to search since then."""
        asked = [one for one in self._asked if one.is_fixed or one.name in params]
        return choose_values(asked, lambda one: params[one.name]) | params

    def tell(self, result: Result, intermediate: Mapping[int, float]) -> None:
        """Store how a trial ended; of a trial that is told already nothing changes."""
        with storage_errors(self.study):
            self._tell(result, intermediate)

    def _tell(self, result: Result, intermediate: Mapping[int, float]) -> None:
        trial_id = self._storage.get_trial_id_from_study_id_trial_number(self._study_id, result.number)
        trial = self._storage.get_trial(trial_id)
        if trial.state.is_finished():
            return
        self._read = None
        for step, value in intermediate.items():
            if step not in trial.intermediate_values:
                self._storage.set_trial_intermediate_value(trial_id, step, value)
        self._storage.set_trial_user_attr(trial_id, RESULT, result_attribute(result, self._config.study.metric))
        for text, violation in result.violations.items():
            self._storage.set_trial_system_attr(trial_id, f"{CONSTRAINT}:{text}", violation)
        self._storage.set_trial_state_values(trial_id, TrialState[result.state], self._objectives(result))

    def is_to_be_pruned(self, number: int, intermediate: Mapping[int, float]) -> bool:
        """What the study's pruner says of a running trial with these intermediate values, which are stored."""
        with storage_errors(self.study):
            trial_id = self._storage.get_trial_id_from_study_id_trial_number(self._study_id, number)
            known = self._storage.get_trial(trial_id).intermediate_values
            self._read = None
            for step, value in intermediate.items():
                if step not in known:
                    self._storage.set_trial_intermediate_value(trial_id, step, value)
            study = optuna.load_study(study_name=self.study.storage_study, storage=self._storage)
            study.pruner = pruners.make_pruner(self._config.pruner.name, self._config.pruner.options)
            return study.pruner.prune(study, self._storage.get_trial(trial_id))

    def kept(self, number: int) -> dict[str, Any]:
        """What sampler and pruner keep with a trial."""
        with storage_errors(self.study):
            trial_id = self._storage.get_trial_id_from_study_id_trial_number(self._study_id, number)
            return self._storage.get_trial_system_attrs(trial_id)

    def cutoffs(self) -> dict[str, float]:
        """The cut-offs of a trial that starts now, by step, which is a string as in JSON."""
        pruner, steps = self._config.pruner, self._config.trainer.epochs
        if pruner.name not in TRAVELLING or steps is None:
            return {}
        with storage_errors(self.study):
            trials = self._trials()
        complete = [trial.intermediate_values for trial in trials if trial.state == TrialState.COMPLETE]
        all_of_them = [trial.intermediate_values for trial in trials if trial.state != TrialState.FAIL]
        maximize = self._config.study.direction[0] == "maximize"
        found = compute_cutoffs(pruner.name, pruner.options, maximize, complete, all_of_them, steps)
        return {str(step): value for step, value in found.items()}

    def _objectives(self, result: Result | None) -> list[float] | None:
        return [result.values[metric] for metric in self._config.study.metric] if result and result.values else None

    def restore(self, spec: TrialSpec, result: Result | None, intermediate: Mapping[int, float]) -> None:
        """Add a trial as its own files have it, to a storage that has all trials before it.

        Raises StudyError when the storage would give it another number.
        """
        study = optuna.load_study(study_name=self.study.storage_study, storage=self._storage)
        due = len(self._trials())
        if spec.number != due:
            raise StudyError(f"the folder of trial {due} is missing", "Put it back, then type `sweep repair` again.")
        self._read = None
        spaces = {name: json_to_distribution(text) for name, text in spec.distributions.items()}
        study.add_trial(
            optuna.create_trial(
                state=TrialState[result.state] if result else TrialState.RUNNING,
                values=self._objectives(result),
                constraints=result.violations if result else None,
                params={name: spec.params[name] for name in spaces},
                distributions=spaces,
                user_attrs={
                    GENERATION: spec.generation,
                    INDEX: spec.index,
                    **({RESULT: result_attribute(result, self._config.study.metric)} if result else {}),
                },
                system_attrs=spec.sampler,
                # Of a running trial those of the slices that have ended.
                intermediate_values={
                    step: value for step, value in intermediate.items() if result or step <= spec.step
                },
            )
        )

    def put_in_place(self, say: Callable[[str], None]) -> None:
        """Make this the study's storage, in place of what is there; the caller holds the storage lock."""
        with storage_errors(self.study):
            replace_storage(self._storage, self.study, say)

    def close(self) -> None:
        """Let go of a database's connections."""
        close_storage(self._storage)

    def rows(self) -> list[TrialRow]:
        """All trials, by number."""
        with storage_errors(self.study):
            return [trial_row(trial, self._config.study.metric) for trial in self._trials()]
