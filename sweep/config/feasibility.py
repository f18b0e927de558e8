"""Which configurations a study's conditions and sizes allow. Pure.

No trial gets a configuration for which a condition or a size cannot be computed.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from sweep.config import samplers
from sweep.config.conditions import TrialParameter, expand_parameters
from sweep.config.sampled_values import SAMPLES, sampled_values
from sweep.config.sections import StudyConfig
from sweep.config.sizes import corner_values
from sweep.trial.expression import Expression
from sweep.trial.spec import ParamValue

MANY_SAMPLES = 10 * SAMPLES
"""Configurations of which one must be allowed."""

_condition = functools.cache(Expression.parse)
"""Returns the condition in a text, which it reads once."""


@dataclass(frozen=True)
class Refusal:
    """Why no trial may have some values.

    `expression` is a condition that they break, or an expression that cannot be computed for them. `fault` says why it
    cannot, '' for a condition that they break.
    """

    expression: str
    fault: str = ""

    @property
    def text(self) -> str:
        return self.fault or f"the values break the condition {self.expression!r} of [constraints] parameters"


def refusal(config: StudyConfig, values: Mapping[str, ParamValue]) -> Refusal | None:
    """Return why no trial of a study may have this configuration; None if one may."""
    return condition_refusal(config, values) or _size_refusal(config, values)


def partial_refusal(config: StudyConfig, values: Mapping[str, ParamValue]) -> Refusal | None:
    """Return the same for values that may leave out parameters: what depends on those is not checked."""
    found = condition_refusal(config, values)
    return found or (_size_refusal(config, values) if config.job.size_names <= values.keys() else None)


def condition_refusal(config: StudyConfig, values: Mapping[str, ParamValue]) -> Refusal | None:
    """Return the condition that the values break, else the first one that cannot be computed for them.

    A condition counts if the values have all parameters that it uses.
    """
    first_fault = None
    for condition in map(_condition, config.constraints.parameters):
        try:
            if condition.names <= values.keys() and not condition.holds(values):
                return Refusal(condition.text)
        except ValueError as error:
            first_fault = first_fault or Refusal(condition.text, f"[constraints] parameters: {error}")
    return first_fault


def _size_refusal(config: StudyConfig, values: Mapping[str, ParamValue]) -> Refusal | None:
    if not config.job.size_names:
        return None
    try:
        config.job.trial_requests(values)
        config.job.more_memory(values)
    except ValueError as error:
        return Refusal("[job]", f"[job] {error}")
    return None


def feasibility_mistakes(config: StudyConfig, candidates: Sequence[TrialParameter]) -> list[str]:
    """Return which sizes cannot be computed for some configuration, and whether the conditions allow none at all."""
    found = config.job.size_mistakes(
        candidates, lambda values: condition_refusal(config, values) is None, _condition_names(config)
    )
    return [f"[job] {mistake}" for mistake in found] or _impossible(config, candidates)


def _impossible(config: StudyConfig, candidates: Sequence[TrialParameter]) -> list[str]:
    """Return the mistake of conditions that no configuration satisfies, as far as many configurations show it."""
    if not config.constraints.parameters:
        return []
    refused = None
    for values in _samples(config, candidates, MANY_SAMPLES):
        refused = condition_refusal(config, values)
        if refused is None:
            return []
    # A sampler that lists all configurations finds the few that random ones miss.
    if samplers.SAMPLERS[config.sampler.name].is_exhaustive and samplers.count_configurations(
        candidates, lambda values: condition_refusal(config, values) is None, 1
    ):
        return []
    reason = f". {refused.fault.removeprefix('[constraints] parameters: ')}" if refused and refused.fault else ""
    return [f"[constraints] parameters: none of {MANY_SAMPLES:,} configurations satisfies them{reason}"]


def uncomputable_conditions(config: StudyConfig) -> list[str]:
    """Return a line for each condition that cannot be computed for some configuration."""
    faults: dict[str, str] = {}
    for values in _samples(config, expand_parameters(config.search), SAMPLES):
        found = condition_refusal(config, values)
        if found and found.fault:
            faults.setdefault(found.expression, found.fault)
    return [f"{fault}. sweep never proposes such configurations." for fault in faults.values()]


def _condition_names(config: StudyConfig) -> set[str]:
    """Return the parameters that the conditions use."""
    return {name for text in config.constraints.parameters for name in _condition(text).names}


def _samples(config: StudyConfig, candidates: Sequence[TrialParameter], count: int) -> Iterator[dict[str, ParamValue]]:
    """Yield values of the parameters that the conditions use: at the ends of the ranges, then at random."""
    names = _condition_names(config)
    if not names:
        return
    with contextlib.suppress(ValueError):  # There are too many corners.
        yield from islice(corner_values(candidates, names), count)
    yield from sampled_values(candidates, names, count)
