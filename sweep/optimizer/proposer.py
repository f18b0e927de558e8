"""Asks a study's sampler for trials, on a copy of the study in memory: what is asked is in no storage yet."""

from __future__ import annotations

import copy
import functools
from collections.abc import Mapping, Sequence
from typing import Any

import optuna
from optuna.storages import InMemoryStorage
from optuna.trial import FrozenTrial, TrialState

from sweep.config import samplers
from sweep.config.conditions import choose_values, expand_parameters
from sweep.config.consistency import configuration_mistakes
from sweep.config.sections import StudyConfig
from sweep.errors import StudyError
from sweep.optimizer.distributions import optuna_directions, suggest_value
from sweep.optimizer.grid import Key, configuration_key, untried_configurations
from sweep.optimizer.latin_hypercube import sample_value
from sweep.optimizer.trial_row import GENERATION, INDEX, SEQUENCES, TAKEN
from sweep.trial.spec import ParamValue, derived_seed

CONSTRAINT_TRIES = 1000
"""How many configurations are asked for until one keeps the study's constraints: the first half by its sampler."""


class _Shared(FrozenTrial):
    """A trial whose copies share what it has: Optuna copies each deeply, and nobody changes one that is there."""

    def __deepcopy__(self, _: Any) -> FrozenTrial:
        return copy.copy(self)


class Proposer:
    """The next trials of a study that has these `trials`; `listed` are configurations to try first, by name."""

    def __init__(
        self,
        config: StudyConfig,
        trials: Sequence[FrozenTrial],
        listed: Sequence[tuple[str, dict[str, ParamValue]]] = (),
    ) -> None:
        self._config, self._asked = config, expand_parameters(config.search)
        self._memory = InMemoryStorage()
        self._study = optuna.create_study(storage=self._memory, directions=optuna_directions(config.study))
        study_id = self._study_id
        for trial in trials:
            shared = copy.copy(trial)
            shared.__class__ = _Shared
            # As Study.add_trial, without its checks, which the trial passed when it was asked.
            self._memory.create_new_trial(study_id, template_trial=shared)
        # Quasi-random sequences go on where the last trial says.
        for name, count in (trials[-1].system_attrs.get(SEQUENCES, {}) if trials else {}).items():
            self._memory.set_study_system_attr(self._study_id, name, count)
        taken = {trial.system_attrs.get(TAKEN) for trial in trials}
        self._listed = [(name, values) for name, values in listed if name not in taken]
        self._trials = trials

    @functools.cached_property
    def _tried(self) -> set[Key]:
        """Configurations that have been asked for, of those that there are now."""
        params = [trial.params for trial in self._trials]
        return {configuration_key(each) for each in params if not configuration_mistakes(self._config, each)}

    @property
    def _study_id(self) -> int:
        return self._memory.get_study_id_from_name(self._study.study_name)

    @property
    def _lists(self) -> bool:
        return samplers.SAMPLERS[self._config.sampler.name].lists

    def left(self, most: int) -> int:
        """How many of so many more trials there are, where the sampler lists all configurations."""
        if not self._lists:
            return most
        tried = len(self._tried)
        return samplers.count_configurations(self._asked, self._config.constraints.allow, tried + most) - tried

    def ask(self, generation: int, index: int) -> FrozenTrial:
        """The trial of this key, running, with all that a storage is to keep of it.

        Raises StudyError where no configuration keeps the study's constraints.
        """
        mark: dict[str, Any] = {}
        wanted = self._wanted(generation, index)
        if self._listed:
            name, wanted = self._listed.pop(0)
            mark = {TAKEN: name}
        asked = self._ask(generation, index, wanted)
        if self._lists:
            self._tried.add(configuration_key(asked.params))
        return optuna.create_trial(
            state=TrialState.RUNNING,
            params=asked.params,
            distributions=asked.distributions,
            user_attrs={GENERATION: generation, INDEX: index},
            system_attrs=asked.system_attrs | mark | self._sequences(),
        )

    def complete(self, values: Mapping[str, ParamValue]) -> dict[str, ParamValue]:
        """Parameters of one trial that has these values; what they leave open is as in the study's first trial."""
        return self._ask(0, 0, (self._filling(0, 0) or {}) | dict(values)).params

    def _ask(self, generation: int, index: int, wanted: Mapping[str, ParamValue] | None) -> FrozenTrial:
        """Ask again and again until the study's constraints are kept; the first time for what is `wanted`."""
        seed, sampler = self._config.study.seed, self._config.sampler
        for again in range(CONSTRAINT_TRIES):
            # A sampler for each trial, seeded by its key: no process repeats another's proposals, and one that goes
            # on after a crash proposes what the other would have.
            place = (generation, index, again) if again else (generation, index)
            is_early = again < CONSTRAINT_TRIES // 2
            self._study.sampler = samplers.make_sampler(
                sampler.name if is_early else "random",
                sampler.options if is_early else {},
                derived_seed(seed, "sampler"),
                derived_seed(seed, "sampler", *place),
            )
            if wanted:
                self._study.enqueue_trial(dict(wanted))
            trial = self._study.ask()
            values = choose_values(self._asked, lambda one, of=trial: suggest_value(of, one))  # type: ignore[misc]
            if self._config.constraints.allow(values):
                return self._memory.get_trial(trial._trial_id)
            self._study.tell(trial, state=TrialState.FAIL)
            wanted = None
        raise StudyError(
            f"[constraints] parameters: of {CONSTRAINT_TRIES} configurations none kept them",
            "Loosen them, or narrow [search] to where they hold.",
        )

    def _wanted(self, generation: int, index: int) -> dict[str, ParamValue] | None:
        """A configuration that is not for Optuna's sampler to find: the next of a grid, or one that fills the space."""
        if self._config.sampler.name != "grid":
            return self._filling(generation, index)
        every = untried_configurations(self._asked, self._config.study.seed, self._tried)
        return next((values for values in every if self._config.constraints.allow(values)), None)

    def _filling(self, generation: int, index: int) -> dict[str, ParamValue] | None:
        """The point of a first generation that fills the space, where the sampler has no model yet."""
        config = self._config
        if generation > 0 or not samplers.SAMPLERS[config.sampler.name].has_model:
            return None
        trials = config.study.trials_per_generation
        return {
            one.name: sample_value(one.name, one.parameter, config.study.seed, index, trials)
            for one in self._asked
            if not one.is_fixed
        }

    def _sequences(self) -> dict[str, Any]:
        """What Optuna's QMCSampler counts in a study, as an attribute of a trial."""
        counted = self._memory.get_study_system_attrs(self._study_id)
        found = {name: count for name, count in counted.items() if name.startswith("qmc:")}
        return {SEQUENCES: found} if found else {}
