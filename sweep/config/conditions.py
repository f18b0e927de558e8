"""Which parameters a trial has: each repetition by itself, and conditional ones if their condition holds. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from sweep.config.parameters import (
    AnyParameter,
    FixedParameter,
    IntParameter,
    is_possible_value,
    same_value,
    value_mistake,
)
from sweep.config.text import did_you_mean, toml_text
from sweep.trial.spec import ParamValue

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
"""Names that work as a job attribute, a placeholder and a column alike."""


@dataclass(frozen=True)
class TrialParameter:
    """A parameter that a trial may have.

    `base_name` is its name in the study file. `position` counts repetitions from 1; None for a parameter without them.
    """

    name: str
    base_name: str
    parameter: AnyParameter
    position: int | None = None

    @property
    def is_fixed(self) -> bool:
        return isinstance(self.parameter, FixedParameter)

    def obstacle(self, values: Mapping[str, ParamValue]) -> str:
        """Return why no trial with these values, which may leave out parameters, has this one; '' if one may."""
        for parent, wanted in self.parameter.when.items():
            if parent in values and not any(same_value(values[parent], value) for value in wanted):
                return f"it needs {parent} = {' or '.join(map(toml_text, wanted))}"
        counter = self.parameter.repeat
        if isinstance(counter, str) and self.position and int(values.get(counter, self.position)) < self.position:
            return f"it needs {counter} = {self.position} or more"
        return ""

    def is_active(self, values: Mapping[str, ParamValue]) -> bool:
        """Return whether a trial has it, given the trial's values of all parameters before this one."""
        for parent, wanted in self.parameter.when.items():
            if parent not in values or not any(same_value(values[parent], value) for value in wanted):
                return False
        counter = self.parameter.repeat
        if self.position is None or not isinstance(counter, str):
            return True
        return int(values.get(counter, 0)) >= self.position


def expand_parameters(search: Mapping[str, AnyParameter]) -> list[TrialParameter]:
    """Return all parameters that a trial may have: parents before their children, else in the file's order.

    Raises ValueError for the first mistake that `condition_mistakes` finds.
    """
    if found := condition_mistakes(search):
        raise ValueError(found[0])
    candidates: list[TrialParameter] = []
    for name in _parents_first(search):
        parameter = search[name]
        if parameter.repeat is None:
            candidates.append(TrialParameter(name, name, parameter))
        else:
            positions = range(1, _max_repetitions(search, parameter.repeat) + 1)
            candidates += [TrialParameter(f"{name}_{position}", name, parameter, position) for position in positions]
    return candidates


def choose_values(
    candidates: Sequence[TrialParameter], choose: Callable[[TrialParameter], ParamValue]
) -> dict[str, ParamValue]:
    """Return the values of a trial, of the parameters that it has. `choose` gives those that are not fixed."""
    values: dict[str, ParamValue] = {}
    for candidate in candidates:
        if candidate.is_active(values):
            parameter = candidate.parameter
            values[candidate.name] = parameter.value if isinstance(parameter, FixedParameter) else choose(candidate)
    return values


def _parents_first(search: Mapping[str, AnyParameter]) -> list[str]:
    """Return the names, parents before their children, without those in a circle."""
    done: dict[str, None] = {}
    while ready := [name for name in search if name not in done and parent_names(search[name]) <= done.keys()]:
        done[ready[0]] = None
    return list(done)


def with_parents(candidates: Sequence[TrialParameter], names: Collection[str]) -> list[TrialParameter]:
    """Return the named parameters, and all that decide whether a trial has them."""
    wanted = set(names)
    # Parents come before their children, so one pass from the end finds all.
    for candidate in reversed(candidates):
        if candidate.name in wanted:
            wanted |= parent_names(candidate.parameter)
    return [candidate for candidate in candidates if candidate.name in wanted]


def parent_names(parameter: AnyParameter) -> set[str]:
    """Return the names of the parameters that decide whether a trial has this one, and how often."""
    counter = {parameter.repeat} if isinstance(parameter.repeat, str) else set()
    return set(parameter.when) | counter


def _max_repetitions(search: Mapping[str, AnyParameter], repeat: int | str) -> int:
    """Return how often a parameter is repeated at most."""
    if isinstance(repeat, int):
        return repeat
    counter = search[repeat]
    return int(counter.value) if isinstance(counter, FixedParameter) else getattr(counter, "high", 0)


def condition_mistakes(search: Mapping[str, AnyParameter]) -> list[str]:
    """Return what is wrong with the names and the conditions of a search, each as `key: what is wrong`."""
    return _reference_mistakes(search) or _circle_mistakes(search) or _name_clashes(search)


def _reference_mistakes(search: Mapping[str, AnyParameter]) -> list[str]:
    """Return names that are not allowed, and conditions and counters that cannot be."""
    found = []
    for name, parameter in search.items():
        if not NAME.fullmatch(name):
            found.append(f"{name!r}: a name must be a letter, then letters, digits and _, at most 64 characters")
        for parent, values in parameter.when.items():
            found += _condition_mistakes(search, f"{name}.when", parent, values)
        if isinstance(parameter.repeat, str):
            found += _counter_mistakes(search, f"{name}.repeat", parameter.repeat)
    return found


def _circle_mistakes(search: Mapping[str, AnyParameter]) -> list[str]:
    ordered = _parents_first(search)
    return [
        f"{name}.when: depends on itself, by way of the conditions of other parameters"
        for name in search
        if name not in ordered
    ]


def _name_clashes(search: Mapping[str, AnyParameter]) -> list[str]:
    """Return parameters that have the name of another one's repetition."""
    found = []
    for name, parameter in search.items():
        if parameter.repeat is not None:
            positions = range(1, _max_repetitions(search, parameter.repeat) + 1)
            taken = [f"{name}_{position}" for position in positions if f"{name}_{position}" in search]
            found += [f"{clash}: is also the name of a repetition of {name}; choose another name" for clash in taken]
    return found


def _condition_mistakes(
    search: Mapping[str, AnyParameter], key: str, parent: str, values: list[ParamValue]
) -> list[str]:
    if parent not in search:
        return [f"{key}: there is no parameter {parent!r}{did_you_mean(parent, search)}"]
    if search[parent].repeat is not None:
        return [f"{key}: {parent} has several values, because it is repeated; a condition needs a single one"]
    if not values:
        return [f"{key}: {parent} needs a value"]
    return [
        f"{key}: {parent} {value_mistake(search[parent], value)}"
        for value in values
        if not is_possible_value(search[parent], value)
    ]


def _counter_mistakes(search: Mapping[str, AnyParameter], key: str, counter: str) -> list[str]:
    if counter not in search:
        return [f"{key}: there is no parameter {counter!r}{did_you_mean(counter, search)}"]
    parameter = search[counter]
    if parameter.repeat is not None:
        return [f"{key}: {counter} must not be repeated itself"]
    if isinstance(parameter, FixedParameter):
        value = parameter.value
        counts = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 1000
    else:
        counts = isinstance(parameter, IntParameter) and parameter.low >= 0 and parameter.high <= 1000
    return [] if counts else [f"{key}: {counter} must be an int from 0 to 1000"]
