"""What a site, an HTCondor pool with customs of its own, adds to a study, and which of its rules a study breaks.

A site is a TOML file; those that sweep knows are in configs/sites/.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError

from sweep import resources
from sweep.errors import ConfigError
from sweep.job_section import Interval
from sweep.sections import StudyConfig
from sweep.space import Section
from sweep.words import nearest, span


class Length(Section):
    """`[length]`: how many hours a job may last, by the value of one of its attributes, and that of a job without."""

    attribute: str
    default: str
    hours: dict[str, Annotated[float, Field(gt=0)]]


class Rules(Section):
    """`[rules]`: what a site asks of jobs."""

    hours_between_checkpoints: Annotated[float, Field(gt=0)] | None = None
    idle_jobs: Annotated[int, Field(gt=0)] | None = None


class Site(Section):
    """A site file. `source` says where its rules are written; `job` is what a study's `[job]` has by default."""

    source: str
    job: dict[str, Any] = Field(default_factory=dict)
    length: Length | None = None
    rules: Rules = Rules()


def known() -> list[str]:
    return sorted(file.stem for file in (resources.folder("configs") / "sites").glob("*.toml"))


def place(name: str, beside: Path) -> Path:
    """The file of a site: of a known one, or the one of this name or path, which counts from the study file's folder.

    In the folder of an initialised study it is a copy.
    """
    if not name.endswith(".toml"):
        return resources.folder("configs") / "sites" / f"{name}.toml"
    copy = beside / Path(name).name
    return copy if copy.exists() else beside / Path(name).expanduser()


def load(name: str, beside: Path) -> Site:
    """Raises ConfigError where there is no such site, or its file has mistakes."""
    file = place(name, beside)
    try:
        return Site.model_validate(tomllib.loads(file.read_text(encoding="utf-8-sig")))
    except FileNotFoundError:
        raise ConfigError(
            f"[job] site: there is no site {name!r}{nearest(name, known())}",
            f"Known are {', '.join(known())}; a file of your own ends in .toml.",
        ) from None
    except (tomllib.TOMLDecodeError, ValidationError, UnicodeDecodeError, OSError) as error:
        first = error.errors()[0] if isinstance(error, ValidationError) else None
        what = f"{'.'.join(map(str, first['loc']))}: {first['msg']}" if first else str(error)
        raise ConfigError(f"{file}: {what}", "See configs/sites/ for how a site is written.") from None


def fill_in(table: dict[str, Any], site: Site) -> dict[str, Any]:
    """A study file's table with what its site has by default: what the study says itself stands."""
    job, trainer = dict(table["job"]), table.get("trainer")
    own = trainer if isinstance(trainer, dict) else {}
    can_go_on = "command" not in own or own.get("checkpoints") is True
    for name, value in site.job.items():
        if isinstance(value, dict) and isinstance(job.get(name, {}), dict):
            job[name] = value | job.get(name, {})
        elif name != "slice" or (can_go_on and "epochs" in own):
            job.setdefault(name, value)
    return table | {"job": job}


def warnings(config: StudyConfig, site: Site, epoch_seconds: float | None) -> list[str]:
    """Which rules a study breaks, and what to do; `epoch_seconds` is known after a `sweep try` or the first trials."""
    job, found = config.job, []
    checkpoint = _hours(job.checkpoint_every, epoch_seconds) if config.trainer.has_checkpoints else None
    most = site.rules.hours_between_checkpoints
    if most is not None and checkpoint is not None and checkpoint > most:
        found.append(
            f"[job] checkpoint_every is {span(checkpoint * 3600)}, which is rarer than every {most:g} h: "
            f'set checkpoint_every = "{most:g} h" or less'
        )
    found += _too_long(config, site, epoch_seconds)
    if site.rules.idle_jobs is not None and config.ap.idle_jobs > site.rules.idle_jobs:
        found.append(f"[ap] idle_jobs is {config.ap.idle_jobs}: set it to {site.rules.idle_jobs} or less")
    return [f"{text} ({site.source})" for text in found]


def _too_long(config: StudyConfig, site: Site, epoch_seconds: float | None) -> list[str]:
    """A job that lasts longer than the site lets it."""
    if site.length is None:
        return []
    kind = str(config.job.attributes.get(site.length.attribute, site.length.default))
    if kind not in site.length.hours:
        kinds = ", ".join(site.length.hours)
        return [f"[job.attributes] {site.length.attribute} is {kind!r}, which the site does not know: one of {kinds}"]
    most = site.length.hours[kind]
    whole = epoch_seconds * config.trainer.epochs / 3600 if epoch_seconds and config.trainer.epochs else None
    lasts = _hours(config.job.slice, epoch_seconds) if config.job.slice else whole
    if lasts is None or lasts <= most:
        return []
    what = "[job] slice" if config.job.slice else "a trial"
    do = "set" if config.trainer.has_checkpoints else "write checkpoints ([trainer] checkpoints = true), and set"
    limit = f"a job with {site.length.attribute} = {kind!r} may last {most:g} h"
    return [f'{what} lasts about {span(lasts * 3600)}, and {limit}: {do} [job] slice = "{most / 2:g} h"']


def _hours(interval: str | None, epoch_seconds: float | None) -> float | None:
    """Length of an interval of `[job]`, None where it counts epochs of which nothing is known."""
    there = Interval.parse(interval) if interval else Interval()
    if there.seconds is not None:
        return there.seconds / 3600
    return there.epochs * epoch_seconds / 3600 if there.epochs and epoch_seconds else None
