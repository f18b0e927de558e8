"""The study file that `sweep init` writes when it is given none."""

from __future__ import annotations

from pathlib import Path

from sweep.errors import ConfigError
from sweep.resources import resource_folder
from sweep.system.files import write_text


def write_quickstart(target: Path) -> Path:
    """Copy configs/quickstart.toml to `target`.

    Raises ConfigError rather than replace a file that says something else.
    """
    text = (resource_folder("configs") / "quickstart.toml").read_text(encoding="utf-8")
    if target.exists() and target.read_bytes() != text.encode():
        raise ConfigError(f"{target} is there already", f"To use it: sweep init {target}")
    write_text(target, text)
    return target
