"""The study file that `sweep init` writes if you name none."""

from __future__ import annotations

from pathlib import Path

from sweep.errors import ConfigError
from sweep.resources import resource_folder
from sweep.system.files import write_text


def write_quickstart(target: Path) -> Path:
    """Copy configs/quickstart.toml to `target`, and return it. Raises ConfigError if another file is there."""
    text = (resource_folder("configs") / "quickstart.toml").read_text(encoding="utf-8")
    if target.exists() and target.read_bytes() != text.encode():
        raise ConfigError(f"{target} exists already", f"To use it, run: sweep init {target}")
    write_text(target, text)
    return target
