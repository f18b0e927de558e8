"""Amounts of memory and disk in `[job]`: fixed ones, and expressions over a trial's parameters."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Annotated, Any

from pydantic import PlainValidator

from sweep.config.conditions import TrialParameter, choose_values, parent_names
from sweep.config.parameters import FloatParameter, IntParameter, is_possible_value, values_of
from sweep.config.text import did_you_mean
from sweep.trial.expression import Expression
from sweep.trial.spec import ParamValue

LITERAL = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)i?B?", re.IGNORECASE)


MOST_CORNERS = 10_000
"""Combinations of parameters' ends that an expression is tried on."""


UNITS = {"K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


def check_size(value: object) -> str | int:
    """A size as it is. Raises ValueError for what is none."""
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    if isinstance(value, str) and LITERAL.fullmatch(value):
        return value
    try:
        Expression.parse_amount(value if isinstance(value, str) else "")
    except ValueError as error:
        said = f"; as an expression it {error}" if isinstance(value, str) and re.search(r"[-+*/(]", value) else ""
        raise ValueError(f'must look like "4 GB", or "512 + 40 * width" (it is {value!r}){said}') from None
    return str(value)


Size = Annotated[str | int, PlainValidator(check_size)]
"""An amount in HTCondor's units: a number (MB for memory, KB for disk), a string with its unit, like "4 GB", or an
expression over the trial's parameters, which comes to such a number."""


def is_size_expression(size: str | int) -> bool:
    return isinstance(size, str) and LITERAL.fullmatch(size) is None


def size_in_unit(size: str | int, unit: str, values: Mapping[str, Any]) -> int:
    """A size as a whole number of `unit`, K or M, for a trial with these values.

    Raises ValueError where it cannot be computed, or is not positive.
    """
    if is_size_expression(size):
        amount = math.ceil(Expression.parse_amount(str(size)).number(values))
        if amount <= 0:
            raise ValueError(f"{size!r} is {amount} for {dict(values)}")
        return amount
    match = LITERAL.fullmatch(str(size))
    assert match is not None  # noqa: S101 - `checked` lets nothing else through
    return math.ceil(float(match[1]) * UNITS[match[2].upper() or unit] / UNITS[unit])


def names_in_sizes(sizes: Sequence[str | int]) -> set[str]:
    """All that expressions among them look at."""
    return {name for size in sizes if is_size_expression(size) for name in Expression.parse_amount(str(size)).names}


def unknown_names(wanted: set[str], asked: Sequence[TrialParameter]) -> list[str]:
    """Names that are no parameters, in words."""
    known = [one.name for one in asked]
    return [f"{name} is no parameter{did_you_mean(name, known)}" for name in sorted(wanted - set(known))]


def corner_values(asked: Sequence[TrialParameter], wanted: set[str]) -> Iterator[dict[str, ParamValue]]:
    """The values that trials may have of these parameters, at the ends of their ranges, all combinations.

    A parameter that a condition leaves out is left out. Raises ValueError where there are too many.
    """
    relevant = _with_parents(asked, wanted)
    ends = {one.name: _ends(one, asked) for one in relevant}
    if math.prod(map(len, ends.values())) > MOST_CORNERS:
        raise ValueError(f"looks at too many parameters: {', '.join(ends)}")
    for values in product(*ends.values()):
        chosen = dict(zip(ends, values, strict=True))
        yield choose_values(relevant, lambda one, chosen=chosen: chosen[one.name])  # type: ignore[misc]


def _with_parents(asked: Sequence[TrialParameter], wanted: set[str]) -> list[TrialParameter]:
    """The parameters of these names, and all that decide whether a trial has them."""
    names = set(wanted)
    for one in reversed(asked):
        if one.name in names:
            names |= parent_names(one.parameter)
    return [one for one in asked if one.name in names]


def _ends(one: TrialParameter, asked: Sequence[TrialParameter]) -> list[ParamValue]:
    """All values of a list; of a range its ends, and those that other parameters' conditions name."""
    parameter = one.parameter
    if not isinstance(parameter, FloatParameter | IntParameter):
        return values_of(parameter) or []
    named = [
        value
        for other in asked
        for value in other.parameter.when.get(one.name, [])
        if is_possible_value(parameter, value)
    ]
    return list(dict.fromkeys([parameter.low, parameter.high, *named]))
