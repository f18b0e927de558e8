"""The sections of a study file, as pydantic models."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self
from urllib.parse import parse_qs, urlsplit

from pydantic import BaseModel, ConfigDict, Field, PlainValidator, field_validator, model_validator

from sweep import samplers
from sweep.command import Word
from sweep.expression import Expression
from sweep.paths import HELPER
from sweep.space import Choice, Parameter, Section
from sweep.trial import ParamValue

FASHION_MNIST = "fashion-mnist"
"""Value of `[trainer] data` that stands for the data set which `sweep data fashion-mnist` fetches."""


def _size(value: object) -> str | int:
    if isinstance(value, int) and not isinstance(value, bool) and value > 0:
        return value
    if isinstance(value, str) and re.fullmatch(r"\d+(\.\d+)?\s*([KMGT]i?B?)?", value, re.IGNORECASE):
        return value
    raise ValueError(f'must look like "4 GB" (it is {value!r})')


FASHION_CLASSES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip
"""Its classes, as torchvision's FashionMNIST names them."""

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


def _one_line(text: str) -> str:
    if not text.isprintable() or text.endswith("\\"):
        raise ValueError("must be one line of printable characters, not ending in a backslash")
    return text


def _file_name(text: str) -> str:
    # transfer_input_files is split at commas, and HTCondor has no way to quote one.
    if "," in text:
        raise ValueError("must not hold a comma: HTCondor separates file names by commas")
    return _one_line(text)


class StudySection(Section):
    """`[study]`: what is optimised, and how many trials a generation has."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=64)]
    metric: Annotated[str, Field(min_length=1)]
    direction: Literal["minimize", "maximize"]
    storage: str = "sqlite"
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    trials_per_generation: Annotated[int, Field(ge=1, le=10_000)]

    @field_validator("storage")
    @classmethod
    def _known_storage(cls, storage: str) -> str:
        if storage in ("sqlite", "journal"):
            return storage
        place = urlsplit(storage)
        if place.scheme != "postgresql" or not place.path.strip("/"):
            raise ValueError('must be "sqlite", "journal", or a URL like "postgresql://user@host/database"')
        if place.password is not None or "password" in parse_qs(place.query, keep_blank_values=True):
            # Not repeated here, so that it gets into no log.
            raise ValueError("holds a password, which this file is no place for; put it in ~/.pgpass (mode 600)")
        return storage

    @field_validator("name")
    @classmethod
    def _not_reserved(cls, name: str) -> str:
        if name == "current":
            raise ValueError("runs/current is a file of sweep's own; choose another name")
        return name


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError(f"must be printable characters on one line, which {text!r} is not")
    return text


class OutputPattern(Section):
    """Where a program prints its metric: a regular expression over its standard output, whose group is the value."""

    stdout: str

    @field_validator("stdout")
    @classmethod
    def _one_group(cls, pattern: str) -> str:
        try:
            groups = re.compile(pattern).groups
        except re.error as error:
            raise ValueError(f"is no regular expression: {error}") from None
        if groups != 1:
            raise ValueError("must have one group, ( ), around the value")
        return pattern


class TrainerSection(Section):
    """`[trainer]`: what each trial trains on, and for how long; or a program of the user's own that does."""

    epochs: Annotated[int, Field(ge=1, le=1_000_000)] | None = None
    data: Annotated[str, Field(min_length=1)] | None = None
    classes: Annotated[list[str], Field(min_length=2)] | None = None
    image_size: Annotated[int, Field(ge=4)] | None = None
    command: Annotated[list[Word], Field(min_length=1)] | None = None
    inputs: list[str] = Field(default_factory=list)
    environment: dict[str, str] = Field(default_factory=dict)
    metrics: str | OutputPattern = "metrics.jsonl"
    checkpoints: bool = False

    @field_validator("data")
    @classmethod
    def _transferable(cls, data: str | None) -> str | None:
        return None if data is None else _file_name(data)

    @field_validator("inputs")
    @classmethod
    def _inputs_transferable(cls, inputs: list[str]) -> list[str]:
        names = [_file_name(entry).split("?")[0].rstrip("/").rpartition("/")[2] for entry in inputs]
        names.append(HELPER)
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"two of them are called {twice!r}, where the job starts")
        return inputs

    @field_validator("command")
    @classmethod
    def _words(cls, command: list[Word] | None) -> list[Word] | None:
        for group in command or []:
            for word in [group] if isinstance(group, str) else group:
                _printable(word)
        if command and not isinstance(command[0], str):
            raise ValueError("begins with the program's name, a word by itself")
        return command

    @field_validator("environment")
    @classmethod
    def _variables(cls, environment: dict[str, str]) -> dict[str, str]:
        for name, value in environment.items():
            if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
                raise ValueError(f"{name!r} is no name of a variable")
            _printable(value)
        return environment

    @field_validator("metrics")
    @classmethod
    def _form(cls, metrics: str | OutputPattern) -> str | OutputPattern:
        if isinstance(metrics, str) and not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\.(jsonl|json|csv)", metrics):
            raise ValueError("must be the name of a .jsonl, .json or .csv file, or { stdout = 'a pattern' }")
        return metrics

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.command is None:
            for key in ("inputs", "environment", "metrics", "checkpoints"):
                if key in self.model_fields_set:
                    raise ValueError(f"{key} is for a program of your own, which command names")
        elif self.classes or self.image_size:
            raise ValueError("classes and image_size are for the shipped trainer, not for a command")
        if self.classes and len(set(self.classes)) < len(self.classes):
            raise ValueError("classes names one twice")
        for name in (self.classes or []) if self.data == FASHION_MNIST else []:
            if name not in FASHION_CLASSES:
                raise ValueError(f"{FASHION_MNIST} has no class {name!r}{nearest(name, FASHION_CLASSES)}")
        return self

    @property
    def is_url(self) -> bool:
        return self.data is not None and "://" in self.data

    @property
    def metrics_file(self) -> str:
        return self.metrics if isinstance(self.metrics, str) else "metrics.jsonl"

    @property
    def metrics_pattern(self) -> str:
        return "" if isinstance(self.metrics, str) else self.metrics.stdout

    @property
    def has_checkpoints(self) -> bool:
        return self.command is None or self.checkpoints


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

    @field_validator("checkpoint_every")
    @classmethod
    def _readable(cls, text: str) -> str:
        Interval.parse(text)
        return text

    @property
    def interval(self) -> Interval:
        return Interval.parse(self.checkpoint_every)

    def requests(self) -> dict[str, Any]:
        """The submit commands of a first try."""
        values = self.model_dump(exclude_none=True, exclude={"checkpoint_every"})
        return {name: value for name, value in values.items() if value and not name.startswith("retry_")}

    def more_memory(self) -> dict[str, Any]:
        """The submit commands that change for the next try of a trial that ran out of memory; none: there is none."""
        more = {"request_memory": self.retry_request_memory, "gpus_minimum_memory": self.retry_gpus_minimum_memory}
        return {name: value for name, value in more.items() if value}

    @field_validator("container_image")
    @classmethod
    def _printable(cls, image: str | None) -> str | None:
        return None if image is None else _one_line(image)

    @model_validator(mode="after")
    def _gpus(self) -> Self:
        if not self.request_gpus and (self.gpus_minimum_memory or self.gpus_minimum_capability):
            raise ValueError("gpus_minimum_… has no effect without request_gpus = 1")
        return self


class LimitsSection(Section):
    """`[limits]`: how much goes wrong before sweep gives up on a trial, or on the whole sweep."""

    retries: Annotated[int, Field(ge=0, le=100)] = 3
    failures_in_a_row: Annotated[int, Field(ge=1)] = 10


class SamplerSection(BaseModel):
    """`[sampler]`: who proposes trials, with that sampler's own options beside its name."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)

    name: str = samplers.DEFAULT

    @property
    def options(self) -> dict[str, Any]:
        return dict(self.model_extra or {})

    @model_validator(mode="after")
    def _known(self) -> Self:
        kind = samplers.SAMPLERS.get(self.name)
        if kind is None:
            raise ValueError(
                f"there is no sampler {self.name!r}{nearest(self.name, samplers.SAMPLERS)}; "
                f"there are {', '.join(samplers.SAMPLERS)}"
            )
        for option, value in self.options.items():
            if option not in kind.options:
                has = f"it has {', '.join(kind.options)}" if kind.options else "it has none"
                raise ValueError(f"{self.name} has no option {option!r}{nearest(option, kind.options)}; {has}")
            types = kind.options[option]
            if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
                raise ValueError(f"{option} must be {' or '.join(one.__name__ for one in types)}, not {value!r}")
        return self


class ConstraintsSection(Section):
    """`[constraints]`: what must be true of each trial, as plain expressions."""

    parameters: list[str] = Field(default_factory=list)

    @field_validator("parameters")
    @classmethod
    def _readable(cls, parameters: list[str]) -> list[str]:
        for position, text in enumerate(parameters, start=1):
            try:
                Expression.parse(text)
            except ValueError as error:
                raise ValueError(f"number {position} {error}") from None
        return parameters

    def allow(self, values: Mapping[str, ParamValue]) -> bool:
        """Whether a trial's parameters keep all of them; one that looks at a parameter which is not there is kept."""
        rules = [Expression.parse(text) for text in self.parameters]
        return all(rule.holds(values) for rule in rules if rule.names <= values.keys())


class StudyConfig(Section):
    """A whole study file."""

    study: StudySection
    search: dict[str, Parameter]
    trainer: TrainerSection
    job: JobSection = JobSection()
    limits: LimitsSection = LimitsSection()
    sampler: SamplerSection = SamplerSection()
    constraints: ConstraintsSection = ConstraintsSection()
    trials: list[dict[str, Choice]] = Field(default_factory=list)

    @field_validator("search")
    @classmethod
    def _names(cls, search: dict[str, Any]) -> dict[str, Any]:
        if not search:
            raise ValueError("names no parameter: there is nothing to search")
        return search


def nearest(word: str, legal: Iterable[str]) -> str:
    """The end of a message about an unknown word: the legal one that it may stand for."""
    near = difflib.get_close_matches(word, list(legal), n=1, cutoff=0.5)
    return f"; did you mean {near[0]!r}?" if near else ""
