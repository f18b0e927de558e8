"""Sizes of memory and disk in `[job]`: constants, and expressions over a trial's parameters."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Annotated, Any

from pydantic import PlainValidator

from sweep.config.conditions import TrialParameter, choose_values, with_parents
from sweep.config.parameters import FloatParameter, IntParameter, is_possible_value, values_of
from sweep.config.text import toml_text
from sweep.trial.expression import Expression
from sweep.trial.spec import ParamValue

LITERAL = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT]?)i?B?", re.IGNORECASE)

MAX_CORNERS = 10_000
"""Combinations of the parameters' ends for which an expression is checked."""

MAX_SIZE = 2**40
"""Largest size that an expression may give, in MB or KB. No machine has so much."""

UNIT_BYTES = {"K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}


def check_size(value: object) -> str | int:
    """Return a size as it is. Raises ValueError if the value is none."""
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    if isinstance(value, str) and LITERAL.fullmatch(value):
        return value
    try:
        Expression.parse_amount(value if isinstance(value, str) else "")
    except ValueError as error:
        is_meant = isinstance(value, str) and re.search(r"[-+*/(]", value)
        reason = f"; as an expression it {error}" if is_meant else ""
        raise ValueError(f'must look like "4 GB" or "512 + 40 * width", not {toml_text(value)}{reason}') from None
    return str(value)


Size = Annotated[str | int, PlainValidator(check_size)]
"""A size as a number (MB for memory, KB for disk), a string with a unit, like "4 GB", or an expression over the trial's
parameters that gives such a number."""


_amount = functools.cache(Expression.parse_amount)
"""Returns the amount in a text, which it reads once."""


def is_size_expression(size: str | int) -> bool:
    """Return whether a size depends on the trial's parameters."""
    return isinstance(size, str) and LITERAL.fullmatch(size) is None


def size_in_unit(size: str | int, unit: str, values: Mapping[str, Any]) -> int:
    """Return a size as a whole number of `unit`, K or M, rounded up, for a trial with these values.

    Raises ValueError if it cannot be computed, or is not positive.
    """
    if is_size_expression(size):
        amount = math.ceil(_amount(str(size)).number(values))
        if not 0 < amount <= MAX_SIZE:
            used = {name: values[name] for name in sorted(_amount(str(size)).names & values.keys())}
            raise ValueError(f"{size!r} is {amount} for {used}; it must be above 0, and at most {MAX_SIZE}")
        return amount
    match = LITERAL.fullmatch(str(size))
    assert match is not None  # noqa: S101 - check_size accepts nothing else
    return math.ceil(float(match[1]) * UNIT_BYTES[match[2].upper() or unit] / UNIT_BYTES[unit])


def names_in_sizes(sizes: Sequence[str | int]) -> set[str]:
    """Return the names that the expressions among some sizes use."""
    return {name for size in sizes if is_size_expression(size) for name in _amount(str(size)).names}


def corner_values(candidates: Sequence[TrialParameter], names: set[str]) -> Iterator[dict[str, ParamValue]]:
    """Yield the values that trials may have of the named parameters, at the ends of their ranges, in all combinations.

    Raises ValueError if there are too many combinations.
    """
    relevant = with_parents(candidates, names)
    ends = {candidate.name: _ends(candidate, candidates) for candidate in relevant}
    if math.prod(map(len, ends.values())) > MAX_CORNERS:
        raise ValueError(f"the expressions use too many parameters to check: {', '.join(ends)}")
    for values in product(*ends.values()):
        chosen = dict(zip(ends, values, strict=True))
        yield choose_values(relevant, lambda candidate, chosen=chosen: chosen[candidate.name])  # type: ignore[misc]


def _ends(candidate: TrialParameter, candidates: Sequence[TrialParameter]) -> list[ParamValue]:
    """Return all values of a list; of a range, its ends and the values that other parameters' conditions name."""
    parameter = candidate.parameter
    if not isinstance(parameter, FloatParameter | IntParameter):
        return values_of(parameter) or []
    named = [
        value
        for other in candidates
        for value in other.parameter.when.get(candidate.name, [])
        if is_possible_value(parameter, value)
    ]
    return list(dict.fromkeys([parameter.low, parameter.high, *named]))
