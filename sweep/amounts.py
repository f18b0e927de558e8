"""Amounts of memory and disk in `[job]`: fixed ones, and expressions over a trial's parameters."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Annotated, Any

from pydantic import PlainValidator

from sweep.conditions import Asked, parents, walk
from sweep.expression import Expression
from sweep.space import FloatParameter, IntParameter, may_be, values_of
from sweep.trial import ParamValue
from sweep.words import nearest

LITERAL = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)i?B?", re.IGNORECASE)

MOST_CORNERS = 10_000
"""Combinations of parameters' ends that an expression is tried on."""

UNITS = {"K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


def checked(value: object) -> str | int:
    """A size as it is. Raises ValueError for what is none."""
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    if isinstance(value, str) and LITERAL.fullmatch(value):
        return value
    try:
        Expression.amount(value if isinstance(value, str) else "")
    except ValueError as error:
        said = f"; as an expression it {error}" if isinstance(value, str) and re.search(r"[-+*/(]", value) else ""
        raise ValueError(f'must look like "4 GB", or "512 + 40 * width" (it is {value!r}){said}') from None
    return str(value)


Size = Annotated[str | int, PlainValidator(checked)]
"""An amount in HTCondor's units: a number (MB for memory, KB for disk), a string with its unit, like "4 GB", or an
expression over the trial's parameters, which comes to such a number."""


def is_expression(size: str | int) -> bool:
    return isinstance(size, str) and LITERAL.fullmatch(size) is None


def number(size: str | int, unit: str, values: Mapping[str, Any]) -> int:
    """A size as a whole number of `unit`, K or M, for a trial with these values.

    Raises ValueError where it cannot be computed, or is not positive.
    """
    if is_expression(size):
        amount = math.ceil(Expression.amount(str(size)).number(values))
        if amount <= 0:
            raise ValueError(f"{size!r} is {amount} for {dict(values)}")
        return amount
    match = LITERAL.fullmatch(str(size))
    assert match is not None  # noqa: S101 - `checked` lets nothing else through
    return math.ceil(float(match[1]) * UNITS[match[2].upper() or unit] / UNITS[unit])


def names(sizes: Sequence[str | int]) -> set[str]:
    """All that expressions among them look at."""
    return {name for size in sizes if is_expression(size) for name in Expression.amount(str(size)).names}


def unknown(wanted: set[str], asked: Sequence[Asked]) -> list[str]:
    """Names that are no parameters, in words."""
    known = [one.name for one in asked]
    return [f"{name} is no parameter{nearest(name, known)}" for name in sorted(wanted - set(known))]


def corners(asked: Sequence[Asked], wanted: set[str]) -> Iterator[dict[str, ParamValue]]:
    """The values that trials may have of these parameters, at the ends of their ranges, all combinations.

    A parameter that a condition leaves out is left out. Raises ValueError where there are too many.
    """
    relevant = _with_parents(asked, wanted)
    ends = {one.name: _ends(one, asked) for one in relevant}
    if math.prod(map(len, ends.values())) > MOST_CORNERS:
        raise ValueError(f"looks at too many parameters: {', '.join(ends)}")
    for values in product(*ends.values()):
        chosen = dict(zip(ends, values, strict=True))
        yield walk(relevant, lambda one, chosen=chosen: chosen[one.name])  # type: ignore[misc]


def _with_parents(asked: Sequence[Asked], wanted: set[str]) -> list[Asked]:
    """The parameters of these names, and all that decide whether a trial has them."""
    names = set(wanted)
    for one in reversed(asked):
        if one.name in names:
            names |= parents(one.parameter)
    return [one for one in asked if one.name in names]


def _ends(one: Asked, asked: Sequence[Asked]) -> list[ParamValue]:
    """All values of a list; of a range its ends, and those that other parameters' conditions name."""
    parameter = one.parameter
    if not isinstance(parameter, FloatParameter | IntParameter):
        return values_of(parameter) or []
    named = [value for other in asked for value in other.parameter.when.get(one.name, []) if may_be(parameter, value)]
    return list(dict.fromkeys([parameter.low, parameter.high, *named]))
