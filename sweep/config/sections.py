"""The sections of a study file, as pydantic models."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, time
from typing import Annotated, Any, Literal, Self
from urllib.parse import parse_qs, urlsplit

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, PlainValidator, field_validator, model_validator

from sweep.config import optuna_options, pruners, samplers
from sweep.config.job import JobSection
from sweep.config.parameters import Parameter, PlainValue, Section
from sweep.config.tracking import TrackingSection
from sweep.config.trainer import TrainerSection
from sweep.trial.direction import Direction
from sweep.trial.expression import Expression
from sweep.trial.spec import ParamValue


def _one_or_more(value: object) -> list[str]:
    """A string as a list of one."""
    listed: list[str] = [value] if isinstance(value, str) else value  # type: ignore[assignment]
    if not isinstance(listed, list) or not listed or not all(isinstance(one, str) and one for one in listed):
        raise ValueError(f"must be a string, or a list of them (it is {value!r})")
    if twice := next((one for one in listed if listed.count(one) > 1), None):
        raise ValueError(f"names {twice!r} twice")
    return listed


def _directions(value: object) -> list[Direction]:
    listed: list[Any] = value if isinstance(value, list) else [value]
    if odd := [one for one in listed if one not in list(Direction)]:
        raise ValueError(f"must be 'minimize' or 'maximize', or one of them for each metric (it is {odd[0]!r})")
    return [Direction(one) for one in listed]


class StudySection(Section):
    """`[study]`: what is optimised, and how many trials a generation has."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=64)]
    metric: Annotated[list[str], PlainValidator(_one_or_more)]
    direction: Annotated[list[Direction], PlainValidator(_directions)]
    storage: str = "sqlite"
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    trials_per_generation: Annotated[int, Field(ge=1, le=10_000)]
    mode: Literal["generations", "lanes"] = "generations"
    lanes: Annotated[int, Field(ge=1, le=10_000)] | None = None
    test_metric: str | None = None
    confirms: str | None = None

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

    @model_validator(mode="after")
    def _pairs(self) -> Self:
        if self.lanes is not None and self.mode != "lanes":
            raise ValueError('lanes needs mode = "lanes"')
        if len(self.metric) != len(self.direction):
            raise ValueError(f"metric names {len(self.metric)}, but direction {len(self.direction)}")
        return self

    @property
    def lanes_wanted(self) -> int | None:
        """How many lanes there are; None for generations."""
        return (self.lanes or self.trials_per_generation) if self.mode == "lanes" else None

    @property
    def objectives(self) -> dict[str, Direction]:
        """Direction of each metric that is optimised."""
        return dict(zip(self.metric, self.direction, strict=True))

    @property
    def first_direction(self) -> Direction:
        """Direction of the first objective, which the leaderboard and `[limits]` use."""
        return self.direction[0]


class LimitsSection(Section):
    """`[limits]`: how much goes wrong before sweep gives up on a trial, or on the whole sweep; and what is enough: a
    value reached, so many trials without a better one, slot hours spent, a time."""

    retries: Annotated[int, Field(ge=0, le=100)] = 3
    failures_in_a_row: Annotated[int, Field(ge=1)] = 10
    target: FiniteFloat | None = None
    patience: Annotated[int, Field(ge=1)] | None = None
    slot_hours: Annotated[float, Field(gt=0)] | None = None
    until: datetime | date | None = None

    @property
    def may_end(self) -> bool:
        """Whether there is anything that may be enough."""
        return any(one is not None for one in (self.target, self.patience, self.slot_hours, self.until))

    @property
    def deadline(self) -> datetime:
        """`until` with a time and a zone: this machine's, where it names none; the day's beginning."""
        until = self.until or datetime.max
        moment = until if isinstance(until, datetime) else datetime.combine(until, time())
        return moment if moment.tzinfo else moment.astimezone()


class APSection(Section):
    """`[ap]`: how much of the access point, which others use too, the workflow takes.

    DAGMan's own defaults: POST scripts only wait for one process that answers all, and fewer idle jobs would have
    DAGMan submit that many fewer at a time (a tenth).
    """

    scripts: Annotated[int, Field(ge=1, le=20)] = 20
    idle_jobs: Annotated[int, Field(ge=1, le=10_000)] = 1000


class SamplerSection(BaseModel):
    """`[sampler]`: who proposes trials, with that sampler's own options beside its name."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)

    name: str = samplers.DEFAULT

    @property
    def options(self) -> dict[str, Any]:
        return dict(self.model_extra or {})

    @model_validator(mode="after")
    def _known(self) -> Self:
        optuna_options.check_options("sampler", samplers.SAMPLERS, self.name, self.options)
        return self


class PrunerSection(BaseModel):
    """`[pruner]`: which trials end early, with that pruner's own options beside its name."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)

    name: str = pruners.NONE

    @property
    def options(self) -> dict[str, Any]:
        return dict(self.model_extra or {})

    @model_validator(mode="after")
    def _known(self) -> Self:
        optuna_options.check_options("pruner", pruners.PRUNERS, self.name, self.options)
        if self.name == pruners.NONE:
            return self
        try:
            pruners.make_pruner(self.name, self.options)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{self.name}: {error}") from None
        return self


class ConstraintsSection(Section):
    """`[constraints]`: plain expressions over parameters, which every trial keeps, and over metrics, which the best of
    them are to keep."""

    parameters: list[str] = Field(default_factory=list)
    metrics: list[str] = Field(default_factory=list)

    @field_validator("parameters", "metrics")
    @classmethod
    def _readable(cls, expressions: list[str]) -> list[str]:
        for position, text in enumerate(expressions, start=1):
            try:
                Expression.parse(text)
            except ValueError as error:
                raise ValueError(f"number {position} {error}") from None
        return expressions

    @property
    def metric_names(self) -> set[str]:
        """Metrics that the constraints look at."""
        return {name for text in self.metrics for name in Expression.parse(text).names}

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
    ap: APSection = APSection()
    sampler: SamplerSection = SamplerSection()
    pruner: PrunerSection = PrunerSection()
    constraints: ConstraintsSection = ConstraintsSection()
    tracking: TrackingSection = TrackingSection()
    trials: list[dict[str, PlainValue]] = Field(default_factory=list)

    @field_validator("search")
    @classmethod
    def _names(cls, search: dict[str, Any]) -> dict[str, Any]:
        if not search:
            raise ValueError("names no parameter: there is nothing to search")
        return search
