"""The search space of a study file: one pydantic model for each type of parameter."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, PlainValidator, model_validator


class Section(BaseModel):
    """A table of the study file: no unknown keys, no silent conversions."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class FloatParameter(Section):
    """A real number in [low, high], uniform in its logarithm with `log`, or on a grid with `step`."""

    type: Literal["float"]
    low: FiniteFloat
    high: FiniteFloat
    log: bool = False
    step: Annotated[FiniteFloat, Field(gt=0)] | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        _check_range(self.low, self.high, self.log, self.step is not None)
        return self


WholeNumber = Annotated[int, Field(ge=-(2**53), le=2**53)]
"""What a float, and so Optuna's storage, holds exactly."""


class IntParameter(Section):
    """A whole number in [low, high], uniform in its logarithm with `log`, or every `step`-th from low."""

    type: Literal["int"]
    low: WholeNumber
    high: WholeNumber
    log: bool = False
    step: Annotated[int, Field(gt=0)] = 1

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        _check_range(self.low, self.high, self.log, self.step != 1)
        return self


def _choice(value: object) -> bool | int | float | str:
    if not isinstance(value, bool | int | float | str):
        raise ValueError(f"a choice is a string, a number or a boolean, not {value!r}")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"a choice must be finite, not {value}")
    return value


Choice = Annotated[bool | int | float | str, PlainValidator(_choice)]


class CategoricalParameter(Section):
    """One of a list of values without order."""

    type: Literal["categorical"]
    choices: Annotated[list[Choice], Field(min_length=1)]

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        for position, choice in enumerate(self.choices):
            # 1, 1.0 and true are equal, so the storage could not tell them apart.
            if choice in self.choices[:position]:
                raise ValueError(f"choices has {choice!r} twice")
        return self


Parameter = Annotated[FloatParameter | IntParameter | CategoricalParameter, Field(discriminator="type")]

PARAMETER_TYPES: dict[str, type[Section]] = {
    "float": FloatParameter,
    "int": IntParameter,
    "categorical": CategoricalParameter,
}


def _check_range(low: float, high: float, log: bool, has_step: bool) -> None:
    if low > high:
        raise ValueError(f"low ({low}) is greater than high ({high})")
    if log and low <= 0:
        raise ValueError(f"log = true needs low > 0, not {low}")
    if log and has_step:
        raise ValueError("log and step exclude each other")


def describe(parameter: FloatParameter | IntParameter | CategoricalParameter) -> str:
    """A parameter's range in one short line, for people."""
    if isinstance(parameter, CategoricalParameter):
        return " | ".join(str(choice) for choice in parameter.choices)
    extras = ", log" if parameter.log else ""
    if parameter.step not in (None, 1):
        extras += f", step {parameter.step}"
    return f"{parameter.type} {parameter.low:g} to {parameter.high:g}{extras}"


def check_interface(
    name: str, parameter: FloatParameter | IntParameter | CategoricalParameter, accepts: dict[str, Any]
) -> str:
    """What is wrong with searching `name` this way, given what the trainer's interface.json accepts; '' if nothing."""
    kind, choices = accepts["kind"], accepts.get("choices")
    if isinstance(parameter, CategoricalParameter):
        allowed = {"int": (int,), "float": (int, float), "str": (str,)}[kind]
        for value in parameter.choices:
            if isinstance(value, bool) or not isinstance(value, allowed):
                return f"{name} is a {kind} for the trainer, so {value!r} cannot be a choice"
            if choices is not None and value not in choices:
                return f"{name} must be one of {choices}, not {value!r}"
        values: list[Any] = parameter.choices
    else:
        if kind == "str":
            return f"{name} is not a number for the trainer: use type = 'categorical' with choices from {choices}"
        if kind == "int" and isinstance(parameter, FloatParameter):
            return f"{name} is a whole number for the trainer: use type = 'int'"
        if choices is not None:
            tried = range(int(parameter.low), int(parameter.high) + 1, int(parameter.step or 1))
            if any(value not in choices for value in tried):
                return f"{name} must be one of {choices}: use type = 'categorical', or a step that meets only those"
        values = [parameter.low, parameter.high]
    if kind != "str" and (min(values) < accepts.get("low", -math.inf) or max(values) > accepts.get("high", math.inf)):
        bounds = [
            f"at {word} {accepts[side]}" for side, word in (("low", "least"), ("high", "most")) if side in accepts
        ]
        return f"{name} must be {' and '.join(bounds)} for the trainer"
    return ""
