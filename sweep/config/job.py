"""The section `[job]` of a study file: what each job asks HTCondor for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import Field, PlainValidator, field_validator, model_validator

from sweep.config import submit_language
from sweep.config.conditions import TrialParameter
from sweep.config.parameters import PlainValue, Section
from sweep.config.sizes import (
    Size,
    check_size,
    corner_values,
    is_size_expression,
    names_in_sizes,
    size_in_unit,
    unknown_names,
)
from sweep.config.text import check_one_line, check_printable, check_transferable


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


def _sizes(value: object) -> list[str | int]:
    return [check_size(size) for size in (value if isinstance(value, list) else [value])]


Sizes = Annotated[list[str | int], PlainValidator(_sizes)]
"""One size, or a list of them, for one try after another."""


UNITS = {"request_memory": "M", "request_disk": "K", "gpus_minimum_memory": "M"}
"""What a number without a unit is of, for each amount that may depend on the trial."""


AUTO = ("request_memory", "request_disk")
"""What `resources = "auto"` takes from what trials used."""


RETRIES = {"request_memory": "retry_request_memory", "gpus_minimum_memory": "retry_gpus_minimum_memory"}
"""Amounts that grow when a trial ran out of memory, and the keys that say to what."""


class JobSection(Section):
    """`[job]`: what each job asks for, by the names and in the units of HTCondor's submit language."""

    site: Annotated[str, Field(min_length=1)] | None = Field(
        default=None,
        description='Pool with defaults and rules of its own: `"chtc"`, `"ospool"`, `"personal"`, or a TOML file of '
        "yours, relative to the study file.",
    )

    request_cpus: int = Field(default=1, ge=1, description="CPU cores of a job.")
    request_memory: Size = Field(
        default="2 GB",
        description='Memory of a job: a number (MB), a string with a unit (`"4 GB"`), or an expression over the '
        'parameters that gives MB (`"512 + 40 * width"`).',
    )
    request_disk: Size = Field(
        default="2 GB",
        description='Disk of a job: a number (KB), a string with a unit (`"10 GB"`), or an expression over the '
        "parameters that gives KB.",
    )
    request_gpus: int = Field(default=0, ge=0, description="GPUs of a job.")
    gpus_minimum_memory: Size | None = Field(
        default=None,
        description='Least memory of each GPU: a number (MB), a string with a unit (`"8 GB"`), or an expression over '
        "the parameters that gives MB. Needs `request_gpus`.",
    )
    gpus_minimum_capability: Annotated[float, Field(gt=0)] | None = Field(
        default=None, description="Lowest CUDA compute capability of the GPU, such as `7.5`. Needs `request_gpus`."
    )
    gpus_maximum_capability: Annotated[float, Field(gt=0)] | None = Field(
        default=None, description="Highest CUDA compute capability of the GPU. Needs `request_gpus`."
    )
    require_gpus: str | None = Field(
        default=None,
        description="ClassAd expression over the properties of a GPU, such as `DriverVersion >= 12.4`. "
        "Needs `request_gpus`.",
    )
    container_image: Annotated[str, Field(min_length=1)] | None = Field(
        default=None,
        description="Container in which jobs run: an image file, or a URL such as `docker://…` or `osdf:///….sif`.",
    )
    data: str | None = Field(
        default=None,
        description="URL from which the jobs fetch `[trainer] data`, such as "
        "`osdf:///ospool/ap40/data/you/photos-v1.zip`.",
    )
    requirements: str | None = Field(
        default=None, description="ClassAd expression that a slot must satisfy, such as `OpSysMajorVer == 9`."
    )
    attributes: dict[str, PlainValue] = Field(
        default_factory=dict,
        description="Job attributes by name, without the `+` of a submit description: `WantGPULab = true`.",
    )
    submit: dict[str, PlainValue] = Field(
        default_factory=dict, description="Any other submit commands by name: `priority = 5`."
    )
    retry_request_memory: Sizes = Field(
        default_factory=list,
        description="`request_memory` for a trial that ran out of memory: one size, or a list with one size for each "
        'retry. An expression may use the first request: `"2 * request_memory"`. '
        "Without retry sizes, such a trial fails.",
    )
    retry_gpus_minimum_memory: Sizes = Field(
        default_factory=list,
        description="`gpus_minimum_memory` for a trial that ran out of memory, likewise: "
        '`["16 GB", "40 GB"]`, or `"2 * gpus_minimum_memory"`.',
    )
    checkpoint_every: str = Field(
        default="1 h",
        description='How often a job sends its checkpoint to the access point: `"30 min"`, `"2 h"` or `"5 epochs"`. '
        "A job that is killed without notice loses at most this much work.",
    )
    slice: str | None = Field(
        default=None,
        description='How long a job lasts before the trial continues as another job: `"4 h"`, `"30 min"` or '
        '`"2 epochs"`. Short jobs match more slots. Without it, a trial is one job.',
    )
    resources: Literal["fixed", "auto"] = Field(
        default="fixed",
        description="`auto`: from the second generation on, request the most memory and disk that trials have used, "
        "plus half of it.",
    )

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
        """The submit commands of a first try that all trials have in common, and the amounts that depend on them."""
        beside = {
            "site",
            "checkpoint_every",
            "slice",
            "resources",
            "attributes",
            "submit",
            "requirements",
            "data",
            *RETRIES.values(),
        }
        values = self.model_dump(exclude_none=True, exclude=beside)
        return {name: value for name, value in values.items() if value}

    @property
    def depends(self) -> list[str]:
        """The amounts that depend on the trial."""
        automatic = AUTO if self.resources == "auto" else ()
        asked = {name: value for name, value in self.requests().items() if name in UNITS}
        return [name for name, value in asked.items() if name in automatic or is_size_expression(value)]

    def of_trial(self, params: Mapping[str, Any]) -> dict[str, str]:
        """The submit commands of `depends` for one trial. Raises ValueError where one cannot be computed."""
        return {name: str(size_in_unit(getattr(self, name), UNITS[name], params)) for name in self.depends}

    def more_memory(self, params: Mapping[str, Any]) -> list[dict[str, str]]:
        """The submit commands that change for each next try of a trial that ran out of memory; none: there is none.

        Raises ValueError where one cannot be computed, or asks for no more than the try before.
        """
        first = {name: size_in_unit(getattr(self, name) or 1, UNITS[name], params) for name in RETRIES}
        last, tries = dict(first), []
        for position in range(max(len(getattr(self, key)) for key in RETRIES.values())):
            more: dict[str, str] = {}
            for name, key in RETRIES.items():
                if sizes := getattr(self, key)[: position + 1]:
                    size = size_in_unit(sizes[-1], UNITS[name], {**params, **first})
                    if len(sizes) > position and size <= last[name]:
                        raise ValueError(f"{key} {sizes[-1]!r} is no more than the {last[name]} MB of the try before")
                    last[name] = size
                    more[name] = str(size if is_size_expression(sizes[-1]) else sizes[-1])
            tries.append(more)
        return tries

    @property
    def memory_tries(self) -> int:
        """How often a trial that ran out of memory is tried again."""
        listed = max(len(getattr(self, key)) for key in RETRIES.values())
        return max(listed, int(self.resources == "auto"))

    def mistakes(self, asked: Sequence[TrialParameter]) -> list[str]:
        """What of its amounts some trial could not have: they are tried at the ends of all ranges."""
        own = names_in_sizes([getattr(self, name) for name in self.depends])
        retries = names_in_sizes([size for key in RETRIES.values() for size in getattr(self, key)]) - RETRIES.keys()
        if found := unknown_names(own | retries, asked):
            return found
        try:
            for params in corner_values(asked, own | retries):
                self.of_trial(params)
                self.more_memory(params)
        except ValueError as error:
            return [str(error)]
        return []

    @field_validator("data")
    @classmethod
    def _place(cls, data: str | None) -> str | None:
        if data is not None and "://" not in check_transferable(data):
            raise ValueError("must be a URL, from which jobs of this pool fetch [trainer] data")
        return data

    @field_validator("container_image")
    @classmethod
    def _printable(cls, image: str | None) -> str | None:
        return None if image is None else check_one_line(image)

    @model_validator(mode="after")
    def _gpus(self) -> Self:
        """Raises ValueError for demands on GPUs that have no effect."""
        gpus = (self.gpus_minimum_memory, self.gpus_minimum_capability, self.gpus_maximum_capability, self.require_gpus)
        if not self.request_gpus and any(gpus):
            raise ValueError("gpus_… and require_gpus have no effect without request_gpus = 1")
        low, high = self.gpus_minimum_capability, self.gpus_maximum_capability
        if low and high and low > high:
            raise ValueError(f"gpus_minimum_capability ({low}) is greater than gpus_maximum_capability ({high})")
        return self

    @field_validator("requirements", "require_gpus")
    @classmethod
    def _expressions(cls, text: str | None) -> str | None:
        return None if text is None else submit_language.check_classad(text)

    @field_validator("attributes")
    @classmethod
    def _attributes(cls, attributes: dict[str, PlainValue]) -> dict[str, PlainValue]:
        submit_language.check_distinct(list(attributes))
        for name, value in attributes.items():
            submit_language.check_attribute(name)
            if isinstance(value, str):
                check_printable(value)
        return attributes

    @field_validator("submit")
    @classmethod
    def _commands(cls, commands: dict[str, PlainValue]) -> dict[str, PlainValue]:
        submit_language.check_distinct(list(commands))
        for name, value in commands.items():
            submit_language.check_command(name, frozenset(cls.model_fields))
            submit_language.command_value(value)
        return commands
