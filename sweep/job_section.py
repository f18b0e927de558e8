"""The section `[job]` of a study file: what each job asks HTCondor for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import Field, PlainValidator, field_validator, model_validator

from sweep import submit_commands
from sweep.expression import Expression
from sweep.space import Section
from sweep.trial import ParamValue
from sweep.words import one_line

SIZE = re.compile(r"\d+(\.\d+)?\s*([KMGT]i?B?)?", re.IGNORECASE)
SHAPE = 'must look like "4 GB"'


def _size(value: object) -> str | int:
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    if isinstance(value, str) and SIZE.fullmatch(value):
        return value
    raise ValueError(f"{SHAPE} (it is {value!r})")


def _amount(value: object) -> str | int:
    if not isinstance(value, str) or SIZE.fullmatch(value):
        return _size(value)
    try:
        names = Expression.amount(value).names
    except ValueError:
        names = frozenset()
    if not names:
        raise ValueError(f'{SHAPE}, or be an expression over parameters, like "512 + 40 * width" (it is {value!r})')
    return value


Size = Annotated[str | int, PlainValidator(_size)]
"""An amount in HTCondor's units: a number (MB for memory, KB for disk), or a string with its unit, like "4 GB"."""

Amount = Annotated[str | int, PlainValidator(_amount)]
"""A size, or an expression over the trial's parameters that gives such a number."""

AMOUNTS = (
    "request_memory",
    "request_disk",
    "gpus_minimum_memory",
    "retry_request_memory",
    "retry_gpus_minimum_memory",
)
"""What may be an expression."""

AUTO = ("request_memory", "request_disk")
"""What `resources = "auto"` takes from what trials used."""


@dataclass(frozen=True)
class Interval:
    """How often a job hands its checkpoint over: by time, or by epochs."""

    seconds: float | None = None
    epochs: int | None = None

    @classmethod
    def parse(cls, text: str) -> Interval:
        """Read "30 min", "2 h" or "5 epochs". Raises ValueError for anything else."""
        match = re.fullmatch(r"(\d+(?:\.\d+)?) *(min|h|epochs?)", text)
        if match is None or float(match[1]) == 0 or ("." in match[1] and match[2].startswith("epoch")):
            raise ValueError(f'must look like "30 min", "2 h" or "5 epochs" (it is {text!r})')
        if match[2].startswith("epoch"):
            return cls(epochs=int(match[1]))
        return cls(seconds=float(match[1]) * {"min": 60, "h": 3600}[match[2]])


class JobSection(Section):
    """`[job]`: what each job asks for, by the names and in the units of HTCondor's submit language."""

    request_cpus: Annotated[int, Field(ge=1)] = 1
    request_memory: Amount = "2 GB"
    request_disk: Amount = "2 GB"
    request_gpus: Annotated[int, Field(ge=0)] = 0
    gpus_minimum_capability: Annotated[float, Field(gt=0)] | None = None
    gpus_maximum_capability: Annotated[float, Field(gt=0)] | None = None
    gpus_minimum_memory: Amount | None = None
    require_gpus: str | None = None
    requirements: str | None = None
    container_image: Annotated[str, Field(min_length=1)] | None = None
    retry_request_memory: Amount | None = None
    retry_gpus_minimum_memory: Amount | None = None
    checkpoint_every: str = "1 h"
    slice: str | None = None
    site: str | None = None
    resources: Literal["fixed", "auto"] = "fixed"
    attributes: dict[str, bool | int | float | str] = Field(default_factory=dict)
    submit: dict[str, bool | int | float | str] = Field(default_factory=dict)

    @field_validator("checkpoint_every", "slice")
    @classmethod
    def _readable(cls, text: str | None) -> str | None:
        if text is not None:
            Interval.parse(text)
        return text

    @field_validator("container_image")
    @classmethod
    def _printable(cls, image: str | None) -> str | None:
        return None if image is None else one_line(image)

    @field_validator("require_gpus", "requirements")
    @classmethod
    def _classad(cls, text: str | None) -> str | None:
        if text is not None:
            import classad2

            try:
                classad2.ExprTree(one_line(text))
            except classad2.ClassAdException:
                raise ValueError(f"is no ClassAd expression: {text!r}") from None
        return text

    @field_validator("attributes")
    @classmethod
    def _named(cls, attributes: dict[str, Any]) -> dict[str, Any]:
        for name, value in attributes.items():
            if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,63}", name) or name.lower().startswith("sweep"):
                raise ValueError(f"{name!r}: a name is letters, digits and _, without + or My., and not Sweep…")
            if isinstance(value, str) and not value.isprintable():
                raise ValueError(f"{name}: must be one line of printable characters")
        return attributes

    @field_validator("submit")
    @classmethod
    def _passed(cls, submit: dict[str, Any]) -> dict[str, Any]:
        for name, value in submit.items():
            submit_commands.check(name, frozenset(cls.model_fields))
            try:
                submit_commands.value(value)
            except ValueError as error:
                raise ValueError(f"{name}: {error}") from None
        return submit

    @model_validator(mode="after")
    def _agree(self) -> Self:
        needs = ("gpus_minimum_memory", "gpus_minimum_capability", "gpus_maximum_capability", "require_gpus")
        if not self.request_gpus and any(getattr(self, name) is not None for name in needs):
            raise ValueError("gpus_… and require_gpus have no effect without request_gpus = 1")
        if self.resources == "auto" and (both := [name for name in AUTO if name in self.expressions]):
            raise ValueError(f'resources = "auto" and an expression for {both[0]} do not go together')
        return self

    @property
    def interval(self) -> Interval:
        return Interval.parse(self.checkpoint_every)

    @property
    def each_slice(self) -> Interval:
        """After which a job ends and the trial goes on as another; neither seconds nor epochs: there are no slices."""
        return Interval.parse(self.slice) if self.slice else Interval()

    @property
    def expressions(self) -> dict[str, Expression]:
        """The amounts that depend on the trial."""
        values = {name: getattr(self, name) for name in AMOUNTS}
        return {
            name: Expression.amount(value)
            for name, value in values.items()
            if isinstance(value, str) and not SIZE.fullmatch(value)
        }

    @property
    def by_trial(self) -> frozenset[str]:
        """The requests that differ between trials."""
        automatic = AUTO if self.resources == "auto" else ()
        return frozenset({*self.expressions, *automatic} & self.requests().keys())

    def requests(self) -> dict[str, Any]:
        """The submit commands of a first try; expressions as they are."""
        names = [name for name in type(self).model_fields if name.startswith(("request_", "gpus_", "require_"))]
        values = {name: getattr(self, name) for name in [*names, "container_image"]}
        return {name: value for name, value in values.items() if value}

    def amounts(self, params: Mapping[str, ParamValue]) -> dict[str, str]:
        """What the expressions amount to for a trial, rounded up, by name.

        Raises ValueError where that is not more than 0.
        """
        found = {}
        for name, expression in self.expressions.items():
            number = expression.number(params)
            if number <= 0:
                raise ValueError(f"[job] {name}: {expression.text!r} is {number:g} of {dict(params)}")
            found[name] = str(int(-(-number // 1)))
        return found

    def more_memory(self) -> dict[str, Any]:
        """The submit commands that change for the next try of a trial that ran out of memory; none: there is none."""
        more = {"request_memory": self.retry_request_memory, "gpus_minimum_memory": self.retry_gpus_minimum_memory}
        return {name: value for name, value in more.items() if value}
