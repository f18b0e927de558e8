"""The sections of a study file, as pydantic models."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, PlainValidator, field_validator, model_validator

from sweep.config import optuna_options, pruners, samplers
from sweep.config.job import JobSection
from sweep.config.parameters import InvalidValueError, Parameter, PlainValue, Section
from sweep.config.secret_values import secret_in_address
from sweep.config.text import check_printable, first_duplicate
from sweep.config.tracking import TrackingSection
from sweep.config.trainer import TrainerSection
from sweep.trial.direction import Direction
from sweep.trial.expression import Expression


def _metric_names(value: object) -> list[str]:
    """Return the metrics as a list, also where the file has a single string."""
    names: list[str] = [value] if isinstance(value, str) else value  # type: ignore[assignment]
    if not isinstance(names, list) or not names or not all(isinstance(name, str) and name for name in names):
        raise ValueError(f"must be the name of a metric, or a list of names, not {value!r}")
    if twice := first_duplicate(names):
        raise ValueError(f"has {twice!r} twice")
    for name in names:
        if name in ("step", "epoch", "data_sha256"):
            raise ValueError(f"must not be {name!r}, which has a meaning of its own in a report")
        check_printable(name)
    return names


def _directions(value: object) -> list[Direction]:
    """Return the directions as a list, also where the file has a single string."""
    directions: list[Any] = value if isinstance(value, list) else [value]
    if wrong := [direction for direction in directions if direction not in list(Direction)]:
        raise ValueError(f'must be "minimize" or "maximize", or a list with one for each metric, not {wrong[0]!r}')
    return [Direction(direction) for direction in directions]


class StudySection(Section):
    """`[study]`: what to optimise, and how many trials a generation has."""

    name: str = Field(
        pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$",
        max_length=64,
        description="Name of the study, and of its folder below `runs/`.",
    )
    metric: Annotated[list[str], PlainValidator(_metric_names)] = Field(
        description="Metric to optimise, by the name that the trainer reports it under, such as `val_accuracy`. "
        "A list for several objectives: the first one ranks the leaderboard and is the one that `[limits]` uses."
    )
    direction: Annotated[list[Direction], PlainValidator(_directions)] = Field(
        description="Whether a smaller or a larger metric is better. A list of the same length for several objectives."
    )
    storage: str = Field(
        default="sqlite",
        description='Where Optuna keeps the study: `"sqlite"` (a file, not on a network file system), `"journal"` '
        "(Optuna's journal file, for folders on NFS), or a URL such as `postgresql://user@host/database`. "
        "A password belongs in `~/.pgpass`.",
    )
    seed: int = Field(
        default=0, ge=0, lt=2**63, description="Seed of the study. The same seed proposes the same first generation."
    )
    trials_per_generation: int = Field(
        ge=1, le=10_000, description="Number of trials that sweep proposes together and that run in parallel."
    )
    mode: Literal["generations", "lanes"] = Field(
        default="generations",
        description="`generations`: sweep proposes the next generation when the last trial of a generation has ended. "
        "`lanes`: each lane gets its next trial as soon as its last one has ended.",
    )
    lanes: Annotated[int, Field(ge=1, le=10_000)] | None = Field(
        default=None,
        description='Number of trials to run in parallel with `mode = "lanes"`. '
        "Without it, there are as many lanes as `trials_per_generation`.",
    )
    test_metric: str | None = Field(
        default=None,
        description="Metric that your own program reports in its last step as the test score. "
        "`sweep confirm` compares trials by it; without it, by the first objective.",
    )
    confirms: str | None = Field(
        default=None, description="Name of the study whose best trials this one trains again. `sweep confirm` sets it."
    )

    @field_validator("storage")
    @classmethod
    def _check_storage(cls, storage: str) -> str:
        if storage in ("sqlite", "journal"):
            return storage
        url = urlsplit(storage)
        if url.scheme != "postgresql" or not url.path.strip("/"):
            raise ValueError('must be "sqlite", "journal", or a URL such as "postgresql://user@host/database"')
        if url.password is not None or secret_in_address(storage):
            # The message does not repeat the URL, so that the password gets into no log.
            raise ValueError("must not contain a password; put the password into ~/.pgpass (mode 600)")
        return storage

    @field_validator("name")
    @classmethod
    def _check_name(cls, name: str) -> str:
        if name == "current":
            raise ValueError("must not be 'current', because sweep uses runs/current itself; choose another name")
        return name

    @model_validator(mode="after")
    def _check_section(self) -> Self:
        if self.lanes is not None and self.mode != "lanes":
            raise InvalidValueError("lanes", 'has no effect without mode = "lanes"')
        if len(self.metric) != len(self.direction):
            raise InvalidValueError(
                "direction",
                f"must have one entry for each metric: metric has {len(self.metric)}, direction {len(self.direction)}",
            )
        return self

    @property
    def lanes_wanted(self) -> int | None:
        """The number of lanes; None for generations."""
        return (self.lanes or self.trials_per_generation) if self.mode == "lanes" else None

    @property
    def objectives(self) -> dict[str, Direction]:
        """The direction of each metric that is optimised."""
        return dict(zip(self.metric, self.direction, strict=True))

    @property
    def first_direction(self) -> Direction:
        """The direction of the first objective, which the leaderboard and `[limits]` use."""
        return self.direction[0]


class LimitsSection(Section):
    """`[limits]`: how many failures sweep accepts, and when the study has enough trials."""

    retries: int = Field(
        default=3,
        ge=0,
        le=100,
        description="How often a trial is retried after a transient failure, such as a full disk or a held job. "
        "Then it is FAIL. Evictions do not count.",
    )
    failures_in_a_row: int = Field(
        default=10, ge=1, description="Number of trials that may fail in a row before the sweep stops."
    )
    target: FiniteFloat | None = Field(
        default=None,
        description="Value of the first objective that is good enough: the study ends when a trial has it.",
    )
    patience: Annotated[int, Field(ge=1)] | None = Field(
        default=None,
        description="The study ends after this number of trials without a better value of the first objective.",
    )
    slot_hours: Annotated[float, Field(gt=0)] | None = Field(
        default=None,
        description="The study ends when its trials that have ended have used this number of slot hours together.",
    )
    until: datetime | date | None = Field(
        default=None,
        description="The study ends at this date or time: `2027-01-31` (when that day begins), or "
        "`2027-01-31T18:00:00` (in the time zone of this machine, unless you add one).",
    )

    @property
    def may_end(self) -> bool:
        """Whether any of the limits may end the study."""
        return any(limit is not None for limit in (self.target, self.patience, self.slot_hours, self.until))

    @property
    def deadline(self) -> datetime:
        """`until` as a time with a zone: a date is its beginning, and without a zone it is in this machine's."""
        until = self.until or datetime.max
        moment = until if isinstance(until, datetime) else datetime.combine(until, time())
        return moment if moment.tzinfo else moment.astimezone()


class APSection(Section):
    """`[ap]`: how much of the access point, which others use too, the workflow takes.

    The defaults are DAGMan's own. POST scripts cost little: they only wait for one process that answers all of them.
    Fewer idle jobs would make DAGMan submit fewer at a time (a tenth of the number).
    """

    scripts: int = Field(
        default=20,
        ge=1,
        le=20,
        description="Number of PRE scripts, and of POST scripts, that DAGMan runs at the same time.",
    )
    idle_jobs: int = Field(
        default=1000,
        ge=1,
        le=10_000,
        description="DAGMan submits no more jobs while this number of its jobs is idle (waits for a slot).",
    )


class SamplerSection(BaseModel):
    """`[sampler]`: which sampler proposes trials. That sampler's own options stand beside its name."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)

    name: str = Field(default=samplers.DEFAULT, description="Name of the sampler; see the table of samplers.")

    @property
    def options(self) -> dict[str, Any]:
        return dict(self.model_extra or {})

    @model_validator(mode="after")
    def _check_options(self) -> Self:
        optuna_options.check_options("sampler", samplers.SAMPLERS, self.name, self.options)
        return self


class PrunerSection(BaseModel):
    """`[pruner]`: which pruner ends trials early. That pruner's own options stand beside its name."""

    model_config = ConfigDict(extra="allow", strict=True, frozen=True)

    name: str = Field(default=pruners.NONE, description="Name of the pruner; see the table of pruners.")

    @property
    def options(self) -> dict[str, Any]:
        return dict(self.model_extra or {})

    @model_validator(mode="after")
    def _check_options(self) -> Self:
        optuna_options.check_options("pruner", pruners.PRUNERS, self.name, self.options)
        if self.name == pruners.NONE:
            return self
        try:
            pruners.make_pruner(self.name, self.options)
        except (TypeError, ValueError) as error:
            raise ValueError(f"{self.name} cannot have these options: {error}") from None
        return self


class ConstraintsSection(Section):
    """`[constraints]`: conditions on the parameters of every trial, and on the metrics of those that may be best."""

    parameters: list[str] = Field(
        default_factory=list,
        description='Conditions on parameters that every trial satisfies: `["width * n_blocks <= 128", '
        '"momentum < 0.9 or lr < 0.1"]`. A condition on a parameter that a trial lacks does not apply to it.',
    )
    metrics: list[str] = Field(
        default_factory=list,
        description='Conditions on reported metrics, such as `["model_mb <= 5"]`. A trial that breaks one has no '
        "rank, and the sampler learns to avoid it.",
    )

    @field_validator("parameters", "metrics")
    @classmethod
    def _check_expressions(cls, expressions: list[str]) -> list[str]:
        for position, text in enumerate(expressions, start=1):
            try:
                Expression.parse(text)
            except ValueError as error:
                raise ValueError(f"entry {position} {error}") from None
        return expressions

    @property
    def metric_names(self) -> set[str]:
        """The metrics that the conditions use."""
        return {name for text in self.metrics for name in Expression.parse(text).names}


class StudyConfig(Section):
    """A whole study file."""

    study: StudySection = Field(description="What to optimise, and how many trials a generation has.")
    search: dict[str, Parameter] = Field(description="What to search: one entry for each parameter.")
    trainer: TrainerSection = Field(description="What each trial trains: the shipped trainer, or your own program.")
    job: JobSection = Field(default=JobSection(), description="What each job requests from HTCondor.")
    limits: LimitsSection = Field(
        default=LimitsSection(), description="How many failures sweep accepts, and when the study has enough trials."
    )
    ap: APSection = Field(default=APSection(), description="How much of the access point the workflow uses.")
    sampler: SamplerSection = Field(default=SamplerSection(), description="How to propose trials.")
    pruner: PrunerSection = Field(default=PrunerSection(), description="Which trials to end early.")
    constraints: ConstraintsSection = Field(
        default=ConstraintsSection(), description="Conditions on parameters and on metrics."
    )
    tracking: TrackingSection = Field(default=TrackingSection(), description="Where `sweep sync` uploads trials.")
    trials: list[dict[str, PlainValue]] = Field(
        default_factory=list,
        description="Configurations to run first: the values of some or all parameters, such as `lr = 0.01`. "
        "The sampler chooses the values that you leave out.",
    )

    @field_validator("search")
    @classmethod
    def _check_search(cls, search: dict[str, Any]) -> dict[str, Any]:
        if not search:
            raise ValueError('must have a parameter, such as lr = { type = "float", low = 0.001, high = 0.1 }')
        return search
