"""The search space of a study file: one pydantic model for each type of parameter."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    FiniteFloat,
    PlainValidator,
    field_validator,
    model_validator,
)

from sweep.config.float_grid import FloatGrid, step_mistake
from sweep.config.text import first_duplicate, toml_text
from sweep.trial.spec import ParamValue


class Section(BaseModel):
    """A table of the study file. It accepts no unknown keys, and converts no values silently."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class InvalidValueError(ValueError):
    """A value that `key` must not have beside the other keys. For validators of a whole section, which pydantic places
    at the section alone."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key


def _check_value(value: object) -> ParamValue:
    if not isinstance(value, ParamValue):
        raise ValueError(f"must be a string, a number or a boolean, not {toml_text(value)}")
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"must be a finite number, not {toml_text(value)}")
    if isinstance(value, int) and abs(value) > 2**53:
        raise ValueError(f"must be a whole number from -2**53 to 2**53, not {value}")
    return value


PlainValue = Annotated[ParamValue, PlainValidator(_check_value)]
"""A ParamValue in the study file: a string, a boolean, or a finite number that a float holds exactly."""


def _check_choices(value: object) -> list[ParamValue]:
    return [_check_value(entry) for entry in (value if isinstance(value, list) else [value])]


Choices = Annotated[list[ParamValue], PlainValidator(_check_choices)]
"""One value, or a list of values."""


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
        if self.step and (mistake := step_mistake(self.low, self.high, self.step)):
            raise ValueError(mistake)
        return self


WholeNumber = Annotated[int, Field(ge=-(2**53), le=2**53)]
"""A whole number that a float, and so Optuna's storage, holds exactly."""


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


MAX_CHOICES = 10_000
"""Most choices of a parameter: each trial's files, and its row in the storage, hold them all."""


class CategoricalParameter(Entry):
    """One value of a list, which has no order."""

    type: Literal["categorical"] = Field(description="The type of the parameter.")
    choices: list[PlainValue] = Field(
        min_length=1, description='The values to choose from: strings, numbers or booleans, such as `["sgd", "adamw"]`.'
    )

    @field_validator("choices")
    @classmethod
    def _check_distinct(cls, choices: list[ParamValue]) -> list[ParamValue]:
        if len(choices) > MAX_CHOICES:
            raise ValueError(
                f"has {len(choices):,} choices; at most {MAX_CHOICES:,} are allowed. Use an int parameter that counts "
                "them, and let your program look the choice up"
            )
        # 1, 1.0 and true are equal, so the storage could not tell them apart.
        if (twice := first_duplicate(choices)) is not None:
            raise ValueError(f"has {twice!r} twice")
        return choices


class BoolParameter(Entry):
    """True or false."""

    type: Literal["bool"] = Field(description="The type of the parameter.")


class FixedParameter(Entry):
    """A value that is the same in all trials, and is not searched. `norm = "batch"` is short for it."""

    type: Literal["fixed"] = Field(description="The type of the parameter.")
    value: PlainValue = Field(description="The value: a string, a number or a boolean.")


AnyParameter = FloatParameter | IntParameter | CategoricalParameter | BoolParameter | FixedParameter


def _expand_fixed(value: object) -> object:
    """Return the table that a value without one is short for."""
    return value if isinstance(value, dict | AnyParameter) else {"type": "fixed", "value": value}


Parameter = Annotated[Annotated[AnyParameter, Field(discriminator="type")], BeforeValidator(_expand_fixed)]


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
        raise ValueError("log and step exclude each other; leave one out")


def values_of(parameter: AnyParameter) -> list[ParamValue] | None:
    """Return the values that a parameter may have; None for a range (float or int)."""
    if isinstance(parameter, CategoricalParameter):
        return parameter.choices
    if isinstance(parameter, BoolParameter):
        return [False, True]
    return [parameter.value] if isinstance(parameter, FixedParameter) else None


def first_value(parameter: AnyParameter) -> str:
    """Return the lowest or first value that a parameter may have, as a command line takes it."""
    if isinstance(parameter, FloatParameter | IntParameter):
        return str(parameter.low)
    return _value_text((values_of(parameter) or [""])[0])


def listed_values(parameter: AnyParameter) -> Sequence[ParamValue] | None:
    """Return all values of a parameter; None if they cannot be listed (a float without a step).

    Those of a range are computed one by one, so that a large range takes no memory.
    """
    if isinstance(parameter, IntParameter):
        return range(parameter.low, parameter.high + 1, parameter.step)
    if isinstance(parameter, FloatParameter):
        return None if parameter.step is None else FloatGrid(parameter.low, parameter.high, parameter.step)
    return values_of(parameter)


def possible_value(parameter: AnyParameter, value: object) -> ParamValue | None:
    """Return a value as trials have it, so 3 for the 3.0 of an int; None if the parameter may not have it."""
    if not isinstance(parameter, FloatParameter | IntParameter):
        return next((choice for choice in values_of(parameter) or [] if same_value(value, choice)), None)
    if isinstance(value, bool) or not isinstance(value, int | float) or not parameter.low <= value <= parameter.high:
        return None
    if isinstance(parameter, IntParameter):
        is_on_step = value == int(value) and (int(value) - parameter.low) % parameter.step == 0
        return int(value) if is_on_step else None
    listed = listed_values(parameter)
    return float(value) if listed is None or value in listed else None


def is_possible_value(parameter: AnyParameter, value: object) -> bool:
    """Return whether a parameter may have this value."""
    return possible_value(parameter, value) is not None


def value_mistake(parameter: AnyParameter, value: object) -> str:
    """Return that a parameter cannot have a value, and which values it may have: the end of a message."""
    text = f"cannot be {toml_text(value)}; allowed: {describe_values(parameter)}"
    if not isinstance(parameter, FloatParameter) or isinstance(value, bool) or not isinstance(value, int | float):
        return text
    listed = listed_values(parameter)
    if isinstance(listed, FloatGrid) and parameter.low <= value <= parameter.high:
        text += f". The nearest: {' and '.join(map(str, listed.nearest(float(value))))}"
    return text


def same_value(one: object, other: object) -> bool:
    """Return whether two values are equal; true and 1 are not."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def describe_parameter(parameter: AnyParameter) -> str:
    """Return a parameter's values, repetitions and conditions in one short line, for people."""
    text = describe_values(parameter)
    if parameter.repeat is not None:
        text += f", for each of {parameter.repeat}"
    for name, values in parameter.when.items():
        text += f", when {name} is {' or '.join(map(_value_text, values))}"
    return text


MAX_SHOWN = 30
"""Most choices that a message lists."""


def describe_values(parameter: AnyParameter) -> str:
    """Return a parameter's range, or its list of values, for people."""
    if not isinstance(parameter, FloatParameter | IntParameter):
        values = values_of(parameter) or []
        more = f" | … ({len(values):,} choices)" if len(values) > MAX_SHOWN else ""
        return " | ".join(map(_value_text, values[:MAX_SHOWN])) + more
    low, high = (f"{end:.12g}" if isinstance(end, float) else str(end) for end in (parameter.low, parameter.high))
    text = f"{parameter.type} {low} to {high}" + (", log" if parameter.log else "")
    if parameter.step in (None, 1):
        return text
    # The step need not divide the range.
    last = (listed_values(parameter) or [parameter.high])[-1]
    return f"{text}, step {parameter.step}" + ("" if last == parameter.high else f" (the largest is {last})")


def _value_text(value: object) -> str:
    """Return a value as TOML writes it, but a string without quotes."""
    return str(value).lower() if isinstance(value, bool) else str(value)
