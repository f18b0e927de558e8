"""The search space of a study file: one pydantic model for each type of parameter."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, FiniteFloat, PlainValidator, model_validator

from sweep.trial.spec import ParamValue


class Section(BaseModel):
    """A table of the study file: no unknown keys, no silent conversions."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def _checked_value(value: object) -> ParamValue:
    if not isinstance(value, ParamValue):
        raise ValueError(f"a value is a string, a number or a boolean, not {value!r}")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"a value must be finite, not {value}")
    if isinstance(value, int) and abs(value) > 2**53:
        raise ValueError(f"a whole number must lie within ±2**53, not {value}")
    return value


PlainValue = Annotated[ParamValue, PlainValidator(_checked_value)]
"""A ParamValue in the study file: a string, a boolean, or a finite number that a float holds exactly."""


def _choices(value: object) -> list[ParamValue]:
    return [_checked_value(entry) for entry in (value if isinstance(value, list) else [value])]


Choices = Annotated[list[ParamValue], PlainValidator(_choices)]
"""One value, or a list of them."""


class Entry(Section):
    """The keys that every type of parameter has."""

    when: dict[str, Choices] = Field(
        default_factory=dict,
        description="The condition under which a trial has this parameter: other parameters, each with the value or "
        'the list of values that it must have, such as `{ optimizer = "sgd" }`. All of them must hold.',
    )
    repeat: Annotated[int, Field(ge=1, le=1000)] | str | None = Field(
        default=None,
        description="How many values a trial has of this parameter: a number, or the name of an `int` parameter, such "
        'as `"n_blocks"`. The values of `width` are then `width_1`, `width_2` and so on.',
    )


class FloatParameter(Entry):
    """A real number between `low` and `high`, both included."""

    type: Literal["float"] = Field(description="The type of the parameter.")
    low: FiniteFloat = Field(description="The smallest value. With `log = true` it must be above 0.")
    high: FiniteFloat = Field(description="The largest value.")
    log: bool = Field(
        default=False,
        description="Draw the logarithm of the value uniformly, as suits learning rates. Excludes `step`.",
    )
    step: Annotated[FiniteFloat, Field(gt=0)] | None = Field(
        default=None, description="Allow only `low`, `low + step`, `low + 2 * step` and so on. Excludes `log`."
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        _check_range(self.low, self.high, self.log, self.step is not None)
        return self


WholeNumber = Annotated[int, Field(ge=-(2**53), le=2**53)]
"""What a float, and so Optuna's storage, holds exactly."""


class IntParameter(Entry):
    """A whole number between `low` and `high`, both included."""

    type: Literal["int"] = Field(description="The type of the parameter.")
    low: WholeNumber = Field(description="The smallest value. With `log = true` it must be above 0.")
    high: WholeNumber = Field(description="The largest value.")
    log: bool = Field(
        default=False,
        description="Draw the logarithm of the value uniformly, as suits batch sizes. Excludes `step`.",
    )
    step: int = Field(
        default=1, gt=0, description="Allow only `low`, `low + step`, `low + 2 * step` and so on. Excludes `log`."
    )

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        _check_range(self.low, self.high, self.log, self.step != 1)
        return self


class CategoricalParameter(Entry):
    """One value of a list, which has no order."""

    type: Literal["categorical"] = Field(description="The type of the parameter.")
    choices: list[PlainValue] = Field(
        min_length=1, description='The values to choose from: strings, numbers or booleans, such as `["sgd", "adamw"]`.'
    )

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        for position, choice in enumerate(self.choices):
            # 1, 1.0 and true are equal, so the storage could not tell them apart.
            if choice in self.choices[:position]:
                raise ValueError(f"choices has {choice!r} twice")
        return self


class BoolParameter(Entry):
    """True or false."""

    type: Literal["bool"] = Field(description="The type of the parameter.")


class FixedParameter(Entry):
    """A value that is the same in all trials, and is not searched. `norm = "batch"` is short for it."""

    type: Literal["fixed"] = Field(description="The type of the parameter.")
    value: PlainValue = Field(description="The value: a string, a number or a boolean.")


AnyParameter = FloatParameter | IntParameter | CategoricalParameter | BoolParameter | FixedParameter


def _bare(value: object) -> object:
    return value if isinstance(value, dict | AnyParameter) else {"type": "fixed", "value": value}


Parameter = Annotated[Annotated[AnyParameter, Field(discriminator="type")], BeforeValidator(_bare)]


PARAMETER_TYPES: dict[str, type[Entry]] = {
    "float": FloatParameter,
    "int": IntParameter,
    "categorical": CategoricalParameter,
    "bool": BoolParameter,
    "fixed": FixedParameter,
}


def _check_range(low: float, high: float, log: bool, has_step: bool) -> None:
    if low > high:
        raise ValueError(f"low ({low}) is greater than high ({high})")
    if log and low <= 0:
        raise ValueError(f"log = true needs low > 0, not {low}")
    if log and has_step:
        raise ValueError("log and step exclude each other")


def values_of(parameter: AnyParameter) -> list[ParamValue] | None:
    """The values that a parameter may have, where they can be listed; None for a range."""
    if isinstance(parameter, CategoricalParameter):
        return parameter.choices
    if isinstance(parameter, BoolParameter):
        return [False, True]
    return [parameter.value] if isinstance(parameter, FixedParameter) else None


def is_possible_value(parameter: AnyParameter, value: object) -> bool:
    """Whether a parameter may have this value. A float's step is not looked at."""
    if not isinstance(parameter, FloatParameter | IntParameter):
        return any(same_value(value, choice) for choice in values_of(parameter) or [])
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    if not parameter.low <= value <= parameter.high:
        return False
    return isinstance(parameter, FloatParameter) or (
        isinstance(value, int) and (value - parameter.low) % parameter.step == 0
    )


def same_value(one: object, other: object) -> bool:
    """Equality that tells true from 1."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def describe_parameter(parameter: AnyParameter) -> str:
    """A parameter's range in one short line, for people."""
    if isinstance(parameter, FloatParameter | IntParameter):
        text = f"{parameter.type} {parameter.low:g} to {parameter.high:g}" + (", log" if parameter.log else "")
        if parameter.step not in (None, 1):
            text += f", step {parameter.step}"
    else:
        text = " | ".join(map(_shown, values_of(parameter) or []))
    if parameter.repeat is not None:
        text += f", for each of {parameter.repeat}"
    for name, values in parameter.when.items():
        text += f", when {name} is {' or '.join(map(_shown, values))}"
    return text


def _shown(value: object) -> str:
    """A value as TOML writes it, but for a string's quotes."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def check_interface(name: str, parameter: AnyParameter, accepts: dict[str, Any]) -> str:
    """What is wrong with searching `name` this way, given what the trainer's interface.json accepts; '' if nothing."""
    kind, choices = accepts["kind"], accepts.get("choices")
    if parameter.repeat is not None and parameter.repeat != accepts.get("repeat"):
        may = f"it may be repeated for each of {accepts['repeat']}" if "repeat" in accepts else "it has one value"
        return f"{name}.repeat: {may} in the trainer"
    if not isinstance(parameter, FloatParameter | IntParameter):
        values: list[Any] = values_of(parameter) or []
        allowed = {"int": (int,), "float": (int, float), "str": (str,), "bool": (bool,)}[kind]
        for value in values:
            if isinstance(value, bool) != (kind == "bool") or not isinstance(value, allowed):
                return f"{name} is a {kind} for the trainer, so {value!r} cannot be a choice"
            if choices is not None and value not in choices:
                return f"{name} must be one of {choices}, not {value!r}"
    else:
        if kind in ("str", "bool"):
            return f"{name} is not a number for the trainer: use type = 'categorical' with choices from {choices}"
        if kind == "int" and isinstance(parameter, FloatParameter):
            return f"{name} is a whole number for the trainer: use type = 'int'"
        if choices is not None:
            tried = range(int(parameter.low), int(parameter.high) + 1, int(parameter.step or 1))
            if any(value not in choices for value in tried):
                return f"{name} must be one of {choices}: use type = 'categorical', or a step that meets only those"
        values = [parameter.low, parameter.high]
    is_number = kind in ("int", "float")
    if is_number and (min(values) < accepts.get("low", -math.inf) or max(values) > accepts.get("high", math.inf)):
        bounds = [
            f"at {word} {accepts[side]}" for side, word in (("low", "least"), ("high", "most")) if side in accepts
        ]
        return f"{name} must be {' and '.join(bounds)} for the trainer"
    return ""
