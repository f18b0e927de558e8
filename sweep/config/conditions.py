"""Which parameters a trial has: repeated ones written out; of conditional ones those whose condition holds. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sweep.config.parameters import AnyParameter, FixedParameter, IntParameter, is_possible_value, same_value
from sweep.trial.spec import ParamValue

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")
"""Names that a job attribute, a placeholder and a column can all bear."""


@dataclass(frozen=True)
class TrialParameter:
    """A parameter as a trial may have it. `of` is its name in the study file; `position` counts repetitions from 1."""

    name: str
    of: str
    parameter: AnyParameter
    position: int | None = None

    @property
    def is_fixed(self) -> bool:
        return isinstance(self.parameter, FixedParameter)

    def is_active(self, values: Mapping[str, ParamValue]) -> bool:
        """Whether a trial with these values, of all parameters before this one, has it."""
        for parent, wanted in self.parameter.when.items():
            if parent not in values or not any(same_value(values[parent], value) for value in wanted):
                return False
        counter = self.parameter.repeat
        if self.position is None or not isinstance(counter, str):
            return True
        return int(values.get(counter, 0)) >= self.position


def expand_parameters(search: Mapping[str, AnyParameter]) -> list[TrialParameter]:
    """All parameters that a trial may have, each after those that its condition looks at, else in the file's order.

    Raises ValueError for what `mistakes` finds.
    """
    if found := condition_mistakes(search):
        raise ValueError(found[0])
    asked: list[TrialParameter] = []
    for name in _in_order(search):
        parameter = search[name]
        if parameter.repeat is None:
            asked.append(TrialParameter(name, name, parameter))
        else:
            count = _most(search, parameter.repeat)
            asked += [
                TrialParameter(f"{name}_{position}", name, parameter, position) for position in range(1, count + 1)
            ]
    return asked


def choose_values(
    asked: Sequence[TrialParameter], choose: Callable[[TrialParameter], ParamValue]
) -> dict[str, ParamValue]:
    """The values of a trial: of each parameter that it has, the fixed one's, else what `choose` gives."""
    values: dict[str, ParamValue] = {}
    for one in asked:
        if one.is_active(values):
            fixed = isinstance(one.parameter, FixedParameter)
            values[one.name] = one.parameter.value if fixed else choose(one)  # type: ignore[union-attr]
    return values


def _in_order(search: Mapping[str, AnyParameter]) -> list[str]:
    """Names with parents first; those in a circle are left out."""
    done: dict[str, None] = {}
    while ready := [name for name in search if name not in done and parent_names(search[name]) <= done.keys()]:
        done[ready[0]] = None
    return list(done)


def parent_names(parameter: AnyParameter) -> set[str]:
    """Names of the parameters that decide whether, or how often, this one is there."""
    counter = {parameter.repeat} if isinstance(parameter.repeat, str) else set()
    return set(parameter.when) | counter


def _most(search: Mapping[str, AnyParameter], repeat: int | str) -> int:
    """How often a parameter is repeated at most."""
    if isinstance(repeat, int):
        return repeat
    counter = search[repeat]
    return int(counter.value) if isinstance(counter, FixedParameter) else getattr(counter, "high", 0)


def condition_mistakes(search: Mapping[str, AnyParameter]) -> list[str]:
    """What is wrong with the names and the conditions of a search, each as `key: what`."""
    found = []
    for name, parameter in search.items():
        if not NAME.fullmatch(name):
            found.append(f"{name!r}: a name is a letter, then letters, digits and _, 64 at most")
        for parent, values in parameter.when.items():
            found += _condition(search, f"{name}.when", parent, values)
        if isinstance(parameter.repeat, str):
            found += _counter(search, f"{name}.repeat", parameter.repeat)
    if not found:
        ordered = _in_order(search)
        found += [f"{name}.when: goes in a circle" for name in search if name not in ordered]
    if not found:
        for name, parameter in search.items():
            if parameter.repeat is not None:
                names = (f"{name}_{position}" for position in range(1, _most(search, parameter.repeat) + 1))
                found += [f"{taken}: {name} is repeated under this name" for taken in names if taken in search]
    return found


def _condition(search: Mapping[str, AnyParameter], key: str, parent: str, values: list[ParamValue]) -> list[str]:
    if parent not in search:
        return [f"{key}: there is no parameter {parent!r}"]
    if search[parent].repeat is not None:
        return [f"{key}: {parent} is repeated, so it has no one value"]
    if not values:
        return [f"{key}: {parent} needs a value"]
    return [f"{key}: {parent} is never {value!r}" for value in values if not is_possible_value(search[parent], value)]


def _counter(search: Mapping[str, AnyParameter], key: str, counter: str) -> list[str]:
    if counter not in search:
        return [f"{key}: there is no parameter {counter!r}"]
    parameter = search[counter]
    if parameter.repeat is not None:
        return [f"{key}: {counter} is itself repeated"]
    if isinstance(parameter, FixedParameter):
        value = parameter.value
        counts = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 1000
    else:
        counts = isinstance(parameter, IntParameter) and parameter.low >= 0 and parameter.high <= 1000
    return [] if counts else [f"{key}: {counter} must be an int from 0 to 1000 at most"]
