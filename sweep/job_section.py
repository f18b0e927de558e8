"""The section `[job]` of a study file: what each job asks HTCondor for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated, Any, Self

from pydantic import Field, PlainValidator, field_validator, model_validator

from sweep.space import Section
from sweep.words import one_line


def _size(value: object) -> str | int:
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    if isinstance(value, str) and re.fullmatch(r"\d+(\.\d+)?\s*([KMGT]i?B?)?", value, re.IGNORECASE):
        return value
    raise ValueError(f'must look like "4 GB" (it is {value!r})')


Size = Annotated[str | int, PlainValidator(_size)]
"""An amount in HTCondor's units: a number (MB for memory, KB for disk), or a string with its unit, like "4 GB"."""


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
    request_memory: Size = "2 GB"
    request_disk: Size = "2 GB"
    request_gpus: Annotated[int, Field(ge=0)] = 0
    gpus_minimum_memory: Size | None = None
    gpus_minimum_capability: Annotated[float, Field(gt=0)] | None = None
    container_image: Annotated[str, Field(min_length=1)] | None = None
    retry_request_memory: Size | None = None
    retry_gpus_minimum_memory: Size | None = None
    checkpoint_every: str = "1 h"
    slice: str | None = None

    @field_validator("checkpoint_every", "slice")
    @classmethod
    def _readable(cls, text: str | None) -> str | None:
        if text is not None:
            Interval.parse(text)
        return text

    @property
    def interval(self) -> Interval:
        return Interval.parse(self.checkpoint_every)

    @property
    def each_slice(self) -> Interval:
        """After which a job ends and the trial goes on as another; neither seconds nor epochs: there are no slices."""
        return Interval.parse(self.slice) if self.slice else Interval()

    def requests(self) -> dict[str, Any]:
        """The submit commands of a first try."""
        values = self.model_dump(exclude_none=True, exclude={"checkpoint_every", "slice"})
        return {name: value for name, value in values.items() if value and not name.startswith("retry_")}

    def more_memory(self) -> dict[str, Any]:
        """The submit commands that change for the next try of a trial that ran out of memory; none: there is none."""
        more = {"request_memory": self.retry_request_memory, "gpus_minimum_memory": self.retry_gpus_minimum_memory}
        return {name: value for name, value in more.items() if value}

    @field_validator("container_image")
    @classmethod
    def _printable(cls, image: str | None) -> str | None:
        return None if image is None else one_line(image)

    @model_validator(mode="after")
    def _gpus(self) -> Self:
        if not self.request_gpus and (self.gpus_minimum_memory or self.gpus_minimum_capability):
            raise ValueError("gpus_minimum_… has no effect without request_gpus = 1")
        return self
