"""Sites: pools with rules of their own. Each is a TOML file, with defaults for `[job]` and `[ap]`, and rules that name
their source."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from sweep.config.parameters import PlainValue, Section
from sweep.config.pydantic_errors import explain_errors
from sweep.config.sections import StudyConfig
from sweep.config.text import did_you_mean
from sweep.errors import ConfigError
from sweep.resources import resource_folder
from sweep.trial.expression import Expression

FACTS = {
    "epochs": "epochs of a trial",
    "epoch_hours": "hours of one epoch, as measured",
    "job_hours": "hours that a job lasts: a slice, or a whole trial",
    "stretch_hours": "hours of work until it is safe: the job ends, or hands a checkpoint over",
    "checkpoints": "whether a trial goes on from its checkpoint",
    "idle_jobs": "jobs that may wait at a time",
    "input_gb": "GB that each job fetches from the access point",
    "container": "whether a container is named",
    "request_gpus": "GPUs of a job",
}
"""What a rule may look at, besides the job attributes that its site has defaults for."""


UNKNOWN = "How long a job lasts, which rules of {} look at, is known after a `sweep try`."


class Rule(Section):
    """A rule of a site: a condition that a study should not meet, and what to do instead."""

    avoid: str = Field(
        description="Condition that breaks the rule, over the facts below and the job attributes of the site's "
        'defaults: `"job_hours > 20"`.'
    )
    advice: str = Field(description="What the user should do instead, with the key to set.")
    source: str = Field(description="URL of the page where the site states the rule.")
    level: Literal["warning", "error"] = Field(
        default="warning",
        description="`error`: sweep refuses a study that breaks the rule. `warning`: it only says so.",
    )

    @field_validator("avoid")
    @classmethod
    def _readable(cls, text: str) -> str:
        Expression.parse(text)
        return text


class Site(Section):
    """The file of a site. A study's own keys override the site's defaults."""

    name: str = Field(description="Name of the site, for messages.")
    job: dict[str, Any] = Field(default_factory=dict, description="Defaults for `[job]`.")
    resumable: dict[str, Any] = Field(
        default_factory=dict, description="More defaults for `[job]`, for trials that resume from a checkpoint."
    )
    ap: dict[str, PlainValue] = Field(default_factory=dict, description="Defaults for `[ap]`.")
    rules: list[Rule] = Field(default_factory=list, description="Rules that sweep checks a study against.")

    @model_validator(mode="after")
    def _names(self) -> Site:
        """Raises ValueError for a rule that looks at what is nothing."""
        known = [*FACTS, *self.job.get("attributes", {}), *self.resumable.get("attributes", {})]
        for rule in self.rules:
            for name in sorted(Expression.parse(rule.avoid).names - set(known)):
                raise ValueError(f"rules: {rule.avoid!r} has {name!r}, which is nothing{did_you_mean(name, known)}")
        return self


def shipped_sites() -> dict[str, Path]:
    """The sites that come with sweep, by name."""
    return {file.stem: file for file in sorted((resource_folder("configs") / "sites").glob("*.toml"))}


def site_file(site: str, folder: Path) -> Path:
    """The file of a site: one that is shipped, or a path from the study file's `folder`."""
    return shipped_sites().get(site) or folder / Path(site).expanduser()


def load_site(file: Path, site: str) -> Site:
    """Raises ConfigError for a site that is not there, or cannot be used."""
    if not file.is_file():
        known = ", ".join(shipped_sites())
        raise ConfigError(
            f"[job] site: there is no {site!r}{did_you_mean(site, shipped_sites())}",
            f"Known are {known}, or give a TOML file.",
        )
    try:
        return Site.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except ValidationError as error:
        mistakes = explain_errors(error, Site)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        mistakes = [f"not valid TOML: {error}"]
    raise ConfigError("\n".join(f"[job] site: {file}: {mistake}" for mistake in mistakes), f"Fix {file}.")


def with_site_defaults(table: Mapping[str, Any], site: Site) -> dict[str, Any]:
    """A study's table with what the site has for it, where the study says nothing itself."""
    trainer, given = table.get("trainer"), table.get("job")
    if not isinstance(trainer, dict) or not isinstance(given, dict):
        return dict(table)
    resumes = "epochs" in trainer and ("command" not in trainer or trainer.get("checkpoints") is True)
    job = _merged(_merged(site.job, site.resumable), given) if resumes else _merged(site.job, given)
    return {**table, "job": job, "ap": _merged(site.ap, table.get("ap", {}))}


def _merged(below: Mapping[str, Any], above: Any) -> Any:
    """Two tables as one, tables in them likewise; what is `above` wins."""
    if not isinstance(above, Mapping):
        return above
    both = {key: _merged(below[key], above[key]) for key in below.keys() & above.keys() if isinstance(below[key], dict)}
    return {**below, **above, **both}


@dataclass(frozen=True)
class Measurements:
    """What is known of a study besides its file: seconds of an epoch, if known; bytes that jobs fetch."""

    epoch_seconds: float | None
    input_bytes: int


def site_facts(config: StudyConfig, measured: Measurements) -> dict[str, Any]:
    """The values that rules look at; what is not known is left out."""
    job, trainer = config.job, config.trainer
    epoch = None if measured.epoch_seconds is None else measured.epoch_seconds / 3600
    trial = epoch * trainer.epochs if epoch is not None and trainer.epochs else None

    def hours(seconds: float | None, epochs: int | None) -> float | None:
        if seconds is not None:
            return seconds / 3600
        return epoch * epochs if epoch is not None and epochs is not None else None

    slice_hours = hours(job.slice_interval.seconds, job.slice_interval.epochs)
    job_hours = min((one for one in (slice_hours, trial) if one is not None), default=None)
    handover = (
        hours(job.checkpoint_interval.seconds, job.checkpoint_interval.epochs) if trainer.has_checkpoints else None
    )
    found = {
        **job.attributes,
        "epochs": trainer.epochs,
        "epoch_hours": epoch,
        "job_hours": job_hours,
        "stretch_hours": min((one for one in (job_hours, handover) if one is not None), default=None),
        "checkpoints": trainer.has_checkpoints,
        "idle_jobs": config.ap.idle_jobs,
        "input_gb": measured.input_bytes / 1e9,
        "container": job.container_image is not None,
        "request_gpus": job.request_gpus,
    }
    return {name: value for name, value in found.items() if value is not None}


def broken_rules(site: Site, known: Mapping[str, Any]) -> list[Rule]:
    """The rules that a study breaks, by what is known of it."""
    return [rule for rule in site.rules if _is_broken(rule, known)]


def _is_broken(rule: Rule, known: Mapping[str, Any]) -> bool:
    condition = Expression.parse(rule.avoid)
    try:
        return condition.names <= known.keys() and condition.holds(known)
    except ValueError:  # an attribute of a kind that the rule does not think of
        return False


def site_warnings(site: Site, known: Mapping[str, Any]) -> list[str]:
    """What to tell of a study at its site, besides errors."""
    told = [rule_message(rule) for rule in broken_rules(site, known) if rule.level == "warning"]
    asked = {name for rule in site.rules for name in Expression.parse(rule.avoid).names}
    return told + ([UNKNOWN.format(site.name)] if asked & {"job_hours", "stretch_hours"} - known.keys() else [])


def rule_message(rule: Rule) -> str:
    return f"{rule.level}: {rule.advice} ({rule.source})"


def refuse_broken_rules(site: Site, known: Mapping[str, Any], file: Path) -> None:
    """Raises ConfigError for what the site would hold or refuse."""
    if errors := [rule for rule in broken_rules(site, known) if rule.level == "error"]:
        raise ConfigError("\n".join(f"{site.name}: {rule_message(rule)}" for rule in errors), f"Mend {file}.")
