"""The study file: reading it, and errors that name file, key and remedy, all of them at once."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sweep.config import sites
from sweep.config.consistency import consistency_mistakes
from sweep.config.pydantic_errors import explain_error
from sweep.config.sections import StudyConfig
from sweep.config.sites import load_site, with_site_defaults
from sweep.config.trainer_interface import interface_mistakes
from sweep.errors import ConfigError


def load_config(path: Path, site: Path | None = None) -> StudyConfig:
    """Read and check a study file; `site` is the file of its site, where that is not as `[job] site` says.

    Raises ConfigError naming every mistake, one a line, with file, key and, for a typo, the nearest legal key.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file", "Type `sweep init` without a file for a quickstart study.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from None
    return parse_config(text, str(path), site)


def parse_config(text: str, name: str, site: Path | None = None) -> StudyConfig:
    """`load` for a text; `name` is the file that errors name."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{name}: not valid TOML: {error}") from None
    mistakes = interface_mistakes(table)
    config = None
    try:
        config = StudyConfig.model_validate(_with_site(table, Path(name), site))
    except ConfigError as error:
        mistakes += [str(error)]
    except ValidationError as error:
        mistakes = [explain_error(detail) for detail in error.errors()] + mistakes
    if config and not mistakes:
        mistakes = consistency_mistakes(config)
    if mistakes or config is None:
        raise ConfigError("\n".join(f"{name}: {mistake}" for mistake in mistakes), f"Mend {name} and type it again.")
    return config


def _with_site(table: dict[str, Any], file: Path, site_file: Path | None) -> dict[str, Any]:
    """A study's table with what its site has for it. Raises ConfigError for a site that cannot be used."""
    job = table.get("job")
    site = job.get("site") if isinstance(job, dict) else None
    if not isinstance(site, str) or not site:
        return table
    return with_site_defaults(table, load_site(site_file or sites.site_file(site, file.parent), site))
