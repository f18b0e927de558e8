"""The section `[job]` of a study file: what each job requests from HTCondor."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Annotated, Any, Literal, Self

from pydantic import Field, PlainValidator, field_validator, model_validator

from sweep.config import submit_language
from sweep.config.conditions import TrialParameter
from sweep.config.parameters import InvalidValueError, PlainValue, Section
from sweep.config.sampled_values import sampled_values
from sweep.config.sizes import (
    Size,
    check_size,
    corner_values,
    is_size_expression,
    names_in_sizes,
    size_in_unit,
)
from sweep.config.text import check_macros, check_printable, check_transferable, did_you_mean, toml_text
from sweep.trial.spec import ParamValue


@dataclass(frozen=True)
class Interval:
    """A length of work: so many seconds, or so many epochs. With neither, there is none."""

    seconds: float | None = None
    epochs: int | None = None

    @classmethod
    def parse(cls, text: str) -> Interval:
        """Return the interval that "30 min", "2 h" or "5 epochs" means. Raises ValueError for other texts."""
        match = re.fullmatch(r"(\d+(?:\.\d+)?) *(min|h|epochs?)", text)
        if match is None or float(match[1]) == 0 or ("." in match[1] and match[2].startswith("epoch")):
            raise ValueError(f'must look like "30 min", "2 h" or "5 epochs", not {toml_text(text)}')
        if match[2].startswith("epoch"):
            return cls(epochs=int(match[1]))
        return cls(seconds=float(match[1]) * {"min": 60, "h": 3600}[match[2]])


def _check_sizes(value: object) -> list[str | int]:
    return [check_size(size) for size in (value if isinstance(value, list) else [value])]


Sizes = Annotated[list[str | int], PlainValidator(_check_sizes)]
"""One size, or a list with one size for each retry."""

DEFAULT_UNITS = {"request_memory": "M", "request_disk": "K", "gpus_minimum_memory": "M"}
"""The unit of a number without one, for each request that may depend on the trial."""

AUTOMATIC = ("request_memory", "request_disk")
"""The requests that `resources = "auto"` derives from what trials used."""

RETRY_KEYS = {"request_memory": "retry_request_memory", "gpus_minimum_memory": "retry_gpus_minimum_memory"}
"""The requests that grow when a trial ran out of memory, and the keys with the sizes of the retries."""

NOT_REQUESTS = {
    "site", "checkpoint_every", "slice", "resources", "attributes", "submit", "requirements", "data",
    *RETRY_KEYS.values(),
}  # fmt: skip
"""The keys of `[job]` that are no submit commands, or are written in another way."""


def _compute(key: str, size: str | int, unit: str, values: Mapping[str, Any]) -> int:
    """Return the size at a key in `unit`, K or M. Raises ValueError, with the key, if it cannot be computed."""
    try:
        return size_in_unit(size, unit, values)
    except ValueError as error:
        raise ValueError(f"{key}: {error}") from None


class JobSection(Section):
    """`[job]`: what each job requests, by the names and in the units of HTCondor's submit language."""

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
    def _check_interval(cls, text: str | None) -> str | None:
        if text is not None:
            Interval.parse(text)
        return text

    @property
    def checkpoint_interval(self) -> Interval:
        return Interval.parse(self.checkpoint_every)

    @property
    def slice_interval(self) -> Interval:
        """The length of a slice, after which the trial continues in another job."""
        return Interval.parse(self.slice) if self.slice else Interval()

    def requests(self) -> dict[str, Any]:
        """Return the submit commands of a trial's first attempt, with sizes as the study file has them."""
        values = self.model_dump(exclude_none=True, exclude=NOT_REQUESTS)
        return {name: value for name, value in values.items() if value}

    @property
    def trial_dependent(self) -> list[str]:
        """The requests that depend on the trial."""
        automatic = AUTOMATIC if self.resources == "auto" else ()
        sizes = {name: value for name, value in self.requests().items() if name in DEFAULT_UNITS}
        return [name for name, value in sizes.items() if name in automatic or is_size_expression(value)]

    def trial_requests(self, params: Mapping[str, Any]) -> dict[str, str]:
        """Return the submit commands of `trial_dependent` for one trial. Raises ValueError if it cannot compute one."""
        return {
            name: str(_compute(name, getattr(self, name), DEFAULT_UNITS[name], params)) for name in self.trial_dependent
        }

    def more_memory(self, params: Mapping[str, Any]) -> list[dict[str, str]]:
        """Return the submit commands that change at each retry of a trial that ran out of memory; [] for no retries.

        Raises ValueError if it cannot compute a size, or if a size is not larger than that of the attempt before.
        """
        first = {name: _compute(name, getattr(self, name) or 1, DEFAULT_UNITS[name], params) for name in RETRY_KEYS}
        last, retries = dict(first), []
        for position in range(self._listed_retries):
            commands: dict[str, str] = {}
            for name, key in RETRY_KEYS.items():
                # Where one list is shorter than the other, its last size stays.
                if sizes := getattr(self, key)[: position + 1]:
                    size = _compute(key, sizes[-1], DEFAULT_UNITS[name], {**params, **first})
                    if len(sizes) > position and size <= last[name]:
                        raise ValueError(
                            f"{key}: must be more than the {last[name]} MB of the attempt before, "
                            f"not {toml_text(sizes[-1])}"
                        )
                    last[name] = size
                    commands[name] = str(size if is_size_expression(sizes[-1]) else sizes[-1])
            retries.append(commands)
        return retries

    @property
    def _listed_retries(self) -> int:
        return max(len(getattr(self, key)) for key in RETRY_KEYS.values())

    @property
    def memory_retries(self) -> int:
        """How often a trial that ran out of memory is retried."""
        return max(self._listed_retries, int(self.resources == "auto"))

    @property
    def size_names(self) -> set[str]:
        """The parameters that the sizes use."""
        return set().union(*self._names_by_key().values())

    def _names_by_key(self) -> dict[str, set[str]]:
        """Return the parameters that the sizes at each key use."""
        names = {name: names_in_sizes([getattr(self, name)]) for name in self.trial_dependent}
        return names | {key: names_in_sizes(getattr(self, key)) - RETRY_KEYS.keys() for key in RETRY_KEYS.values()}

    def size_mistakes(
        self,
        candidates: Sequence[TrialParameter],
        allow: Callable[[Mapping[str, ParamValue]], bool] = lambda _: True,
        more_names: Collection[str] = (),
    ) -> list[str]:
        """Return why some trial could not have its requests, each as `key: what is wrong`.

        It computes the sizes at the ends of all ranges, and for random values that `allow` allows. `more_names` are the
        parameters that `allow` uses.
        """
        known = [candidate.name for candidate in candidates]
        unknown = [(key, name) for key, used in self._names_by_key().items() for name in sorted(used - set(known))]
        if unknown:
            return [f"{key}: {name} is not a parameter{did_you_mean(name, known)}" for key, name in unknown]
        names = self.size_names
        samples = sampled_values(candidates, names.union(more_names)) if names else iter(())
        try:
            for params in filter(allow, chain(corner_values(candidates, names), samples)):
                self.trial_requests(params)
                self.more_memory(params)
        except ValueError as error:
            return [str(error)]
        return []

    @field_validator("data")
    @classmethod
    def _check_data(cls, data: str | None) -> str | None:
        if data is not None and "://" not in check_transferable(data):
            raise ValueError("must be a URL from which the jobs fetch [trainer] data, such as osdf:///…")
        return data

    @field_validator("container_image")
    @classmethod
    def _check_image(cls, image: str | None) -> str | None:
        return None if image is None else check_transferable(image)

    @model_validator(mode="after")
    def _check_gpus(self) -> Self:
        """Raise InvalidValueError for conditions on GPUs that have no effect, or that no GPU satisfies."""
        for key in ("gpus_minimum_memory", "gpus_minimum_capability", "gpus_maximum_capability", "require_gpus"):
            if getattr(self, key) and not self.request_gpus:
                raise InvalidValueError(key, "has no effect without request_gpus = 1")
        low, high = self.gpus_minimum_capability, self.gpus_maximum_capability
        if low and high and low > high:
            raise InvalidValueError(
                "gpus_minimum_capability", f"must not be greater than gpus_maximum_capability ({high}), not {low}"
            )
        return self

    @field_validator("requirements", "require_gpus")
    @classmethod
    def _check_expression(cls, text: str | None) -> str | None:
        return None if text is None else submit_language.check_classad(text)

    @field_validator("attributes")
    @classmethod
    def _check_attributes(cls, attributes: dict[str, PlainValue]) -> dict[str, PlainValue]:
        submit_language.check_distinct(list(attributes))
        for name, value in attributes.items():
            submit_language.check_attribute(name)
            if isinstance(value, str):
                check_macros(check_printable(value), late=True)
        return attributes

    @field_validator("submit")
    @classmethod
    def _check_commands(cls, commands: dict[str, PlainValue]) -> dict[str, PlainValue]:
        submit_language.check_distinct(list(commands))
        for name, value in commands.items():
            submit_language.check_command(name, frozenset(cls.model_fields))
            submit_language.command_value(value)
        return commands
