"""Sites: pools with rules of their own. Each is a TOML file with defaults for `[job]` and `[ap]`, and rules that name
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
from sweep.config.secret_values import secret_mistakes
from sweep.config.sections import StudyConfig
from sweep.config.text import did_you_mean, suggest
from sweep.errors import ConfigError
from sweep.resources import resource_folder
from sweep.trial.expression import Expression

FACTS = {
    "epochs": "epochs of a trial",
    "epoch_hours": "hours of one epoch, as measured",
    "job_hours": "hours that a job lasts: a slice, or a whole trial",
    "stretch_hours": "hours of work that a job may lose: until it ends, or sends a checkpoint to the access point",
    "checkpoints": "whether a trial resumes from its checkpoint",
    "idle_jobs": "number of jobs that may be idle at the same time",
    "input_gb": "GB that each job fetches from the access point",
    "container": "whether the study has a container image",
    "request_gpus": "GPUs of a job",
}
"""What a rule may use, besides the job attributes that its site has defaults for."""

UNKNOWN_LENGTH = "Some rules of {} depend on how long a job lasts. To measure it, run: sweep try"


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
    def _check_condition(cls, text: str) -> str:
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
    def _check_names(self) -> Site:
        """Raise ValueError for a rule that uses an unknown name."""
        known = [*FACTS, *self.job.get("attributes", {}), *self.resumable.get("attributes", {})]
        for rule in self.rules:
            for name in sorted(Expression.parse(rule.avoid).names - set(known)):
                raise ValueError(f"[[rules]] avoid: {name!r} in {rule.avoid!r} is not known{suggest(name, known)}")
        return self


def shipped_sites() -> dict[str, Path]:
    """Return the files of the sites that come with sweep, by the sites' names."""
    return {file.stem: file for file in sorted((resource_folder("configs") / "sites").glob("*.toml"))}


def site_file(site: str, folder: Path) -> Path:
    """Return the file of a site: one that comes with sweep, or a path relative to the study file's `folder`."""
    return shipped_sites().get(site) or folder / Path(site).expanduser()


def load_site(file: Path, site: str) -> Site:
    """Return the site that a file describes; `site` is its name in `[job]`.

    Raises ConfigError if there is no such file, or if it has mistakes.
    """
    if not file.is_file():
        known = ", ".join(shipped_sites())
        raise ConfigError(
            f"[job] site: there is no site {site!r}{did_you_mean(site, shipped_sites())}",
            f"Use one of {known}, or the path of a TOML file.",
        )
    mistakes: list[str] = []
    try:
        table = tomllib.loads(file.read_text(encoding="utf-8"))
        mistakes = secret_mistakes(table)
        if not mistakes:
            return Site.model_validate(table)
    except ValidationError as error:
        mistakes = explain_errors(error, Site)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        mistakes = [f"not valid TOML: {error}"]
    raise ConfigError("\n".join(f"[job] site: {file}: {mistake}" for mistake in mistakes), f"Fix {file}.")


def with_site_defaults(table: Mapping[str, Any], site: Site) -> dict[str, Any]:
    """Return a study's table with the site's defaults for the keys that the study leaves out."""
    trainer, own = table.get("trainer"), table.get("job")
    if not isinstance(trainer, dict) or not isinstance(own, dict):
        return dict(table)
    resumes = "epochs" in trainer and ("command" not in trainer or trainer.get("checkpoints") is True)
    defaults = _merged(site.job, site.resumable) if resumes else site.job
    return {**table, "job": _merged(defaults, own), "ap": _merged(site.ap, table.get("ap", {}))}


def _merged(defaults: Mapping[str, Any], own: Any) -> Any:
    """Return two tables, and the tables in them, as one; values of `own` override the defaults."""
    if not isinstance(own, Mapping):
        return own
    in_both = [key for key in defaults.keys() & own.keys() if isinstance(defaults[key], dict)]
    return {**defaults, **own, **{key: _merged(defaults[key], own[key]) for key in in_both}}


@dataclass(frozen=True)
class Measurements:
    """What is known about a study besides its file: seconds of an epoch, or None, and the bytes that a job fetches."""

    epoch_seconds: float | None
    input_bytes: int


def site_facts(config: StudyConfig, measured: Measurements) -> dict[str, Any]:
    """Return the values that rules may use, without those that are not known."""
    job, trainer = config.job, config.trainer
    epoch = None if measured.epoch_seconds is None else measured.epoch_seconds / 3600
    trial = epoch * trainer.epochs if epoch is not None and trainer.epochs else None

    def hours(seconds: float | None, epochs: int | None) -> float | None:
        if seconds is not None:
            return seconds / 3600
        return epoch * epochs if epoch is not None and epochs is not None else None

    slice_hours = hours(job.slice_interval.seconds, job.slice_interval.epochs)
    job_hours = _shorter(slice_hours, trial)
    handover = (
        hours(job.checkpoint_interval.seconds, job.checkpoint_interval.epochs) if trainer.has_checkpoints else None
    )
    found = {
        **job.attributes,
        "epochs": trainer.epochs,
        "epoch_hours": epoch,
        "job_hours": job_hours,
        "stretch_hours": _shorter(job_hours, handover),
        "checkpoints": trainer.has_checkpoints,
        "idle_jobs": config.ap.idle_jobs,
        "input_gb": measured.input_bytes / 1e9,
        "container": job.container_image is not None,
        "request_gpus": job.request_gpus,
    }
    return {name: value for name, value in found.items() if value is not None}


def _shorter(first: float | None, second: float | None) -> float | None:
    """Return the smaller of two numbers, or the one that is known."""
    return min((hours for hours in (first, second) if hours is not None), default=None)


def broken_rules(site: Site, facts: Mapping[str, Any]) -> list[Rule]:
    """Return the rules that a study with these facts breaks. A rule about an unknown fact is not broken."""
    return [rule for rule in site.rules if _is_broken(rule, facts)]


def _is_broken(rule: Rule, facts: Mapping[str, Any]) -> bool:
    condition = Expression.parse(rule.avoid)
    try:
        return condition.names <= facts.keys() and condition.holds(facts)
    except ValueError:  # The study gives a job attribute another type than the rule expects.
        return False


def site_warnings(site: Site, facts: Mapping[str, Any]) -> list[str]:
    """Return the warnings about a study at its site, for people."""
    warnings = [rule_message(rule) for rule in broken_rules(site, facts) if rule.level == "warning"]
    used = {name for rule in site.rules for name in Expression.parse(rule.avoid).names}
    if used & {"job_hours", "stretch_hours"} - facts.keys():
        warnings.append(UNKNOWN_LENGTH.format(site.name))
    return warnings


def rule_message(rule: Rule) -> str:
    """Return what a user should change, and where the site says so."""
    return f"{rule.level}: {rule.advice} ({rule.source})"


def refuse_broken_rules(site: Site, facts: Mapping[str, Any], file: Path) -> None:
    """Raise ConfigError if the study breaks a rule of level `error`: the site would hold or refuse its jobs."""
    if errors := [rule for rule in broken_rules(site, facts) if rule.level == "error"]:
        raise ConfigError(
            "\n".join(f"{file}: {site.name}: {rule_message(rule)}" for rule in errors),
            "Change the keys in your study file, then run: sweep init study.toml",
        )
