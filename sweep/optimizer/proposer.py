"""Proposes a study's next trials: asks the sampler on a copy of the study in memory, and writes to no storage."""

from __future__ import annotations

import copy
import functools
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import Any

import optuna
from optuna.samplers import BaseSampler
from optuna.storages import InMemoryStorage
from optuna.trial import FrozenTrial, TrialState

from sweep.config import samplers
from sweep.config.conditions import choose_values, expand_parameters
from sweep.config.consistency import configuration_mistakes, possible_values
from sweep.config.feasibility import refusal
from sweep.config.sections import StudyConfig
from sweep.config.text import toml_text
from sweep.errors import StudyError
from sweep.optimizer.distributions import optuna_directions, suggest_value
from sweep.optimizer.grid import Key, configuration_key, untried_configurations
from sweep.optimizer.latin_hypercube import sample_value
from sweep.optimizer.trial_row import GENERATION, INDEX, SEQUENCES, TAKEN
from sweep.study.notes import note
from sweep.trial.spec import ParamValue, derived_seed

CONSTRAINT_TRIES = 1000
"""Number of configurations to ask for until one is allowed: the first half from the study's sampler, then from the
random sampler."""

WANTED_TRIES = 100
"""Number of these that have the values of a queued configuration; the sampler draws the values that it leaves open."""


class _SharedTrial(FrozenTrial):
    """A trial that is copied shallowly. Optuna deep-copies all trials, which is slow, and changes none of them."""

    def __deepcopy__(self, _: Any) -> FrozenTrial:
        return copy.copy(self)


class Proposer:
    """Proposes the next trials of a study that has these `trials`; first the `queued` configurations, by name."""

    def __init__(
        self,
        config: StudyConfig,
        trials: Sequence[FrozenTrial],
        queued: Sequence[tuple[str, dict[str, ParamValue]]] = (),
    ) -> None:
        self._config, self._parameters = config, expand_parameters(config.search)
        self._memory = InMemoryStorage()
        self._study = optuna.create_study(storage=self._memory, directions=optuna_directions(config.study))
        study_id = self._study_id
        for trial in trials:
            shared = copy.copy(trial)
            shared.__class__ = _SharedTrial
            # As Study.add_trial, without its checks: the trial passed them when it was proposed.
            self._memory.create_new_trial(study_id, template_trial=shared)
        # Quasi-random sequences continue from the position that the last trial recorded.
        for name, count in (trials[-1].system_attrs.get(SEQUENCES, {}) if trials else {}).items():
            self._memory.set_study_system_attr(self._study_id, name, count)
        taken = {trial.system_attrs.get(TAKEN) for trial in trials}
        self._queued = [(name, values) for name, values in queued if name not in taken]
        self._trials = trials
        self._last_refusal = ""

    @functools.cached_property
    def _tried(self) -> set[Key]:
        """The configurations of all trials, without those that the study's file no longer allows."""
        all_params = [trial.params for trial in self._trials]
        return {configuration_key(params) for params in all_params if not configuration_mistakes(self._config, params)}

    @property
    def _study_id(self) -> int:
        return self._memory.get_study_id_from_name(self._study.study_name)

    @property
    def _lists(self) -> bool:
        return samplers.SAMPLERS[self._config.sampler.name].is_exhaustive

    def left(self, limit: int) -> int:
        """Return the number of untried configurations, at most `limit`; `limit` if the sampler does not list them."""
        if not self._lists:
            return limit
        tried = len(self._tried)
        return samplers.count_configurations(self._parameters, self._allows, tried + limit) - tried

    def ask(self, generation: int, index: int) -> FrozenTrial:
        """Return the trial of this key, RUNNING, with all attributes that the storage must keep.

        Raises StudyError if no configuration was found that the study allows.
        """
        name, trial = self._ask_queued(generation, index)
        trial = trial or self._ask_sampler(generation, index)
        if self._lists:
            self._tried.add(configuration_key(trial.params))
        return optuna.create_trial(
            state=TrialState.RUNNING,
            params=trial.params,
            distributions=trial.distributions,
            user_attrs={GENERATION: generation, INDEX: index},
            system_attrs=trial.system_attrs | ({TAKEN: name} if name else {}) | self._sequences(),
        )

    def _ask_queued(self, generation: int, index: int) -> tuple[str, FrozenTrial | None]:
        """Return the name of the next queued configuration that the study allows, and its trial; else ('', None)."""
        while self._queued:
            name, values = self._queued.pop(0)
            mistakes = configuration_mistakes(self._config, values)
            if not mistakes:
                if trial := self._ask_with(generation, index, possible_values(self._config, values)):
                    return name, trial
                mistakes = ["no configuration with these values was found that the study allows"]
            shown = ", ".join(f"{parameter} = {toml_text(value)}" for parameter, value in values.items())
            note(f"{name} {shown}", f"skipped a queued configuration ({shown}): {'; '.join(mistakes)}")
        return "", None

    def _allows(self, values: Mapping[str, ParamValue]) -> bool:
        """Return whether a trial may have this configuration. A note says so if an expression cannot be computed."""
        refused = refusal(self._config, values)
        if refused and refused.fault:
            self._last_refusal = f". {refused.fault}"
            note(refused.expression, f"rejected a configuration: {refused.fault}")
        return refused is None

    def complete(self, values: Mapping[str, ParamValue]) -> dict[str, ParamValue]:
        """Return all parameters of a trial with these values; the others are those of the study's first trial.

        Raises StudyError if no configuration with these values was found that the study allows.
        """
        first = (self._hypercube_point(0, 0) or {}) | dict(values)
        if trial := self._attempt(0, 0, 0, first) or self._ask_with(0, 0, values):
            return trial.params
        raise StudyError(
            f"no configuration with these values was found that the study allows{self._last_refusal}",
            "Name other values, or fewer.",
        )

    def _ask_with(self, generation: int, index: int, values: Mapping[str, ParamValue]) -> FrozenTrial | None:
        """Return a trial with these values, of which the sampler draws the others; None if none is found."""
        attempts = (self._attempt(generation, index, attempt, values) for attempt in range(WANTED_TRIES))
        return next(filter(None, attempts), None)

    def _ask_sampler(self, generation: int, index: int) -> FrozenTrial:
        """Return a trial that the study allows. Raises StudyError if none is found."""
        wanted = self._without_sampler(generation, index)
        for attempt in range(CONSTRAINT_TRIES):
            if trial := self._attempt(generation, index, attempt, wanted):
                return trial
            wanted = None
        raise StudyError(
            f"[constraints] parameters: none of {CONSTRAINT_TRIES} configurations keeps them{self._last_refusal}",
            "Loosen the constraints, or narrow the ranges in [search].",
        )

    def _attempt(
        self, generation: int, index: int, attempt: int, wanted: Mapping[str, ParamValue] | None
    ) -> FrozenTrial | None:
        """Ask the sampler for a configuration with the `wanted` values; return its trial, None if it is not allowed."""
        self._study.sampler = self._sampler(generation, index, attempt)
        if wanted:
            self._study.enqueue_trial(dict(wanted))
        trial = self._study.ask()
        values = choose_values(self._parameters, functools.partial(suggest_value, trial))
        if self._allows(values):
            return self._memory.get_trial(trial._trial_id)
        self._study.tell(trial, state=TrialState.FAIL)
        return None

    def _sampler(self, generation: int, index: int, attempt: int) -> BaseSampler:
        """Return a sampler for one attempt to propose the trial of this key.

        Its seed depends on the key. So no process repeats another's proposals, and a process that continues after a
        crash proposes the same trials.
        """
        seed, sampler = self._config.study.seed, self._config.sampler
        key = (generation, index, attempt) if attempt else (generation, index)
        is_early = attempt < CONSTRAINT_TRIES // 2
        return samplers.make_sampler(
            sampler.name if is_early else "random",
            sampler.options if is_early else {},
            derived_seed(seed, "sampler"),
            derived_seed(seed, "sampler", *key),
        )

    def _without_sampler(self, generation: int, index: int) -> dict[str, ParamValue] | None:
        """Return the configuration of a trial that Optuna's sampler does not choose: of a grid or a Latin hypercube."""
        if self._config.sampler.name != "grid":
            return self._hypercube_point(generation, index)
        untried = untried_configurations(self._parameters, self._config.study.seed, self._tried)
        return next(filter(self._allows, islice(untried, samplers.MAX_COUNTED)), None)

    def _hypercube_point(self, generation: int, index: int) -> dict[str, ParamValue] | None:
        """Return a point of the first generation if the study's sampler builds a model, which it then lacks."""
        config = self._config
        if generation > 0 or not samplers.SAMPLERS[config.sampler.name].has_model:
            return None
        trials = config.study.trials_per_generation
        return {
            parameter.name: sample_value(parameter.name, parameter.parameter, config.study.seed, index, trials)
            for parameter in self._parameters
            if not parameter.is_fixed
        }

    def _sequences(self) -> dict[str, Any]:
        """Return the counts that Optuna's QMCSampler keeps in the study, as an attribute of a trial."""
        attributes = self._memory.get_study_system_attrs(self._study_id)
        counts = {name: count for name, count in attributes.items() if name.startswith("qmc:")}
        return {SEQUENCES: counts} if counts else {}
