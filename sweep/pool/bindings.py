"""Loads HTCondor's Python bindings, and points them at a pool."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any


def use_pool(config: Path, bin_folder: Path) -> None:
    """Make this process and those that it starts use the pool with this configuration file."""
    os.environ["CONDOR_CONFIG"] = str(config)
    os.environ["PATH"] = f"{bin_folder}{os.pathsep}{os.environ.get('PATH', '')}"
    with contextlib.suppress(OSError):
        load_bindings().reload_config()


def load_bindings() -> Any:
    """Return the module htcondor2. It reads the configuration on import, so import it as late as possible."""
    import htcondor2

    return htcondor2


def htcondor_errors() -> tuple[type[Exception], ...]:
    """Return the exceptions that the bindings raise when HTCondor does not answer or refuses a request."""
    return (load_bindings().HTCondorException, OSError)
