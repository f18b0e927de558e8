"""Reads and checks a study file. One error names all mistakes, each with file, key and what is allowed."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sweep.config import sites
from sweep.config.consistency import consistency_mistakes
from sweep.config.pydantic_errors import explain_errors
from sweep.config.secret_values import ADVICE, secret_mistakes
from sweep.config.sections import StudyConfig
from sweep.config.sites import load_site, with_site_defaults
from sweep.config.trainer_interface import interface_mistakes
from sweep.errors import ConfigError


def load_config(path: Path, site: Path | None = None, *, accepted: bool = False) -> StudyConfig:
    """Return the study that a file describes. `site` is the file of its site, if it is not what `[job] site` names.

    A file that `sweep init` has `accepted`, maybe of an earlier version, is read as it was then: its trials may run.

    Raises ConfigError with all mistakes, one on each line, with file, key and, for a typo, the closest legal key.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file", "To write a quickstart study, run: sweep init") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from None
    return parse_config(text, str(path), site, accepted=accepted)


def parse_config(text: str, name: str, site: Path | None = None, *, accepted: bool = False) -> StudyConfig:
    """Return the study that a text describes, as `load_config` does. Messages name the file `name`."""
    try:
        table = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"{name}: not valid TOML: {error}") from None
    # By themselves, since other messages may repeat a value.
    if not accepted and (secrets := secret_mistakes(table)):
        raise ConfigError("\n".join(f"{name}: {mistake}" for mistake in secrets), ADVICE)
    mistakes = interface_mistakes(table)
    config = None
    try:
        config = StudyConfig.model_validate(_with_site(table, Path(name), site))
    except ConfigError as error:
        mistakes += str(error).splitlines()
    except ValidationError as error:
        mistakes = explain_errors(error, StudyConfig) + mistakes
    if config and not mistakes:
        mistakes = consistency_mistakes(config, accepted=accepted)
    if mistakes or config is None:
        raise ConfigError(
            "\n".join(f"{name}: {mistake}" for mistake in mistakes), f"Fix {name}, then run the same command again."
        )
    return config


def _with_site(table: dict[str, Any], file: Path, site_file: Path | None) -> dict[str, Any]:
    """Return a study's table with the defaults of its site. Raises ConfigError if the site cannot be used."""
    job = table.get("job")
    site = job.get("site") if isinstance(job, dict) else None
    if not isinstance(site, str) or not site:
        return table
    return with_site_defaults(table, load_site(site_file or sites.site_file(site, file.parent), site))
