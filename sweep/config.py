"""The study file: its shape as pydantic models, and errors that name file, key and remedy, all of them at once."""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import parse_qs, urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PlainValidator,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)

from sweep import conditions, resources, samplers, space
from sweep.errors import ConfigError
from sweep.expression import Expression
from sweep.space import PARAMETER_TYPES, Choice, Parameter, Section, check_interface
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


class TrainerSection(Section):
    """`[trainer]`: what each trial trains on, and for how long."""

    epochs: Annotated[int, Field(ge=1, le=1_000_000)]
    data: Annotated[str, Field(min_length=1)]
    classes: Annotated[list[str], Field(min_length=2)] | None = None
    image_size: Annotated[int, Field(ge=4)] | None = None

    @field_validator("data")
    @classmethod
    def _transferable(cls, data: str) -> str:
        # transfer_input_files is split at commas, and HTCondor has no way to quote one.
        if "," in data:
            raise ValueError("must not hold a comma: HTCondor separates file names by commas")
        return _one_line(data)

    @model_validator(mode="after")
    def _known_classes(self) -> Self:
        if self.classes and len(set(self.classes)) < len(self.classes):
            raise ValueError("classes names one twice")
        for name in (self.classes or []) if self.data == FASHION_MNIST else []:
            if name not in FASHION_CLASSES:
                raise ValueError(f"{FASHION_MNIST} has no class {name!r}{_nearest(name, FASHION_CLASSES)}")
        return self

    @property
    def is_url(self) -> bool:
        return "://" in self.data


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
                f"there is no sampler {self.name!r}{_nearest(self.name, samplers.SAMPLERS)}; "
                f"there are {', '.join(samplers.SAMPLERS)}"
            )
        for option, value in self.options.items():
            if option not in kind.options:
                has = f"it has {', '.join(kind.options)}" if kind.options else "it has none"
                raise ValueError(f"{self.name} has no option {option!r}{_nearest(option, kind.options)}; {has}")
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


ONE_PARAMETER: TypeAdapter[space.AnyParameter] = TypeAdapter(Parameter)


@cache
def trainer_interface() -> dict[str, Any]:
    """What the shipped trainer accepts: `parameters` by name, and the `metrics` it reports."""
    interface: dict[str, Any] = json.loads((resources.folder("trainer") / "interface.json").read_text())
    return interface


def load(path: Path) -> StudyConfig:
    """Read and check a study file.

    Raises ConfigError naming every mistake, one a line, with file, key and, for a typo, the nearest legal key.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file", "Type `sweep init` without a file for a quickstart study.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from None
    return parse(text, str(path))


def parse(text: str, name: str) -> StudyConfig:
    """`load` for a text; `name` is the file that errors name."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{name}: not valid TOML: {error}") from None
    mistakes = _interface_mistakes(table)
    config = None
    try:
        config = StudyConfig.model_validate(table)
    except ValidationError as error:
        mistakes = [_explain(detail) for detail in error.errors()] + mistakes
    if config and not mistakes:
        mistakes = _search_mistakes(config)
    if mistakes or config is None:
        raise ConfigError("\n".join(f"{name}: {mistake}" for mistake in mistakes), f"Mend {name} and type it again.")
    return config


def _search_mistakes(config: StudyConfig) -> list[str]:
    """What the parts of a file say about each other that cannot be."""
    if found := conditions.mistakes(config.search):
        return [f"[search] {mistake}" for mistake in found]
    asked = conditions.written_out(config.search)
    found = [f"[search] {mistake}" for mistake in samplers.unlistable(config.sampler.name, asked)]
    known = {one.name: one for one in asked}
    for text in config.constraints.parameters:
        found += [
            f"[constraints] parameters: {text!r} has {name!r}, which is no parameter{_nearest(name, known)}"
            for name in sorted(Expression.parse(text).names - known.keys())
        ]
    for position, values in enumerate(config.trials, start=1):
        for name, value in values.items():
            if name not in known or known[name].is_fixed:
                found.append(f"[[trials]] {position}: {name} is not searched{_nearest(name, known)}")
            elif not space.may_be(known[name].parameter, value):
                found.append(f"[[trials]] {position}: {name} is never {value!r}")
    return found


def _interface_mistakes(table: dict[str, Any]) -> list[str]:
    """What the trainer would not understand; looks at each part that is well-formed by itself."""
    interface = trainer_interface()
    mistakes = []
    study, search = table.get("study"), table.get("search")
    metric = study.get("metric") if isinstance(study, dict) else None
    if isinstance(metric, str) and metric and metric not in interface["metrics"]:
        mistakes.append(
            f"[study] metric: the trainer reports no {metric!r}; it reports {', '.join(interface['metrics'])}"
            f"{_nearest(metric, interface['metrics'])}"
        )
    for name, entry in (search if isinstance(search, dict) else {}).items():
        accepts = interface["parameters"].get(name)
        if accepts is None:
            known = interface["parameters"]
            mistakes.append(f"[search] {name}: the trainer has no such parameter{_nearest(name, known)}")
            continue
        try:
            parameter = ONE_PARAMETER.validate_python(entry)
        except ValidationError:
            continue
        if mistake := check_interface(name, parameter, accepts):
            mistakes.append(f"[search] {mistake}")
    return mistakes


_SECTIONS: dict[str, type[Section]] = {
    "study": StudySection,
    "trainer": TrainerSection,
    "job": JobSection,
    "limits": LimitsSection,
    "constraints": ConstraintsSection,
}


def _explain(detail: Any) -> str:
    """One of pydantic's errors as `[section] key: what is wrong`."""
    place = [str(part) for part in detail["loc"]]
    kind, context = detail["type"], detail.get("ctx", {})
    legal: list[str] = list(StudyConfig.model_fields)
    if place and place[0] in _SECTIONS:
        legal = list(_SECTIONS[place[0]].model_fields)
        place = place[:2] if kind != "missing" else place
    elif len(place) > 2 and place[0] == "search" and place[2] in PARAMETER_TYPES:
        legal = list(PARAMETER_TYPES[place[2]].model_fields)
        del place[2]
        place = place[:3]
    key = _key(place)
    if kind == "extra_forbidden":
        what = "section" if len(place) == 1 else "key"
        return f"{key}: unknown {what}{_nearest(place[-1], legal)}"
    if kind == "missing":
        return f"{key}: missing"
    if kind == "union_tag_not_found":
        return f"{key}.type: missing; it must be one of {', '.join(PARAMETER_TYPES)}"
    if kind == "union_tag_invalid":
        tag = str(context.get("tag"))
        return f"{key}.type: unknown type {tag!r}{_nearest(tag, list(PARAMETER_TYPES))}"
    message = re.sub(r"^Value error, ", "", detail["msg"])
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        message = (
            'must be a table, like { type = "float", low = 0.0, high = 1.0 }'
            if place[0] == "search"
            else (f"must be a section of its own, [{place[0]}]")
        )
    if kind in ("too_short", "string_too_short"):
        message = f"needs at least {context['min_length']}"
    if kind == "string_pattern_mismatch":
        message = "must be letters, digits, '.', '_' or '-', the first a letter or digit"
    value = detail.get("input")
    shown = f" (it is {value!r})" if isinstance(value, str | int | float) and kind != "value_error" else ""
    return f"{key}: {message[:1].lower() + message[1:]}{shown}"


def _key(place: list[str]) -> str:
    if len(place) <= 1:
        return f"[{place[0]}]" if place else "the file"
    return f"[{place[0]}] {'.'.join(place[1:])}"


def _nearest(word: str, legal: Any) -> str:
    near = difflib.get_close_matches(word, list(legal), n=1, cutoff=0.5)
    return f"; did you mean {near[0]!r}?" if near else ""
