"""HTCondor's Python bindings, imported late because they read the configuration on import."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Any


def use_pool(config: Path, bin_folder: Path) -> None:
    """Talk to the pool of this configuration from now on, in this process and in those it starts."""
    os.environ["CONDOR_CONFIG"] = str(config)
    os.environ["PATH"] = f"{bin_folder}{os.pathsep}{os.environ.get('PATH', '')}"
    with contextlib.suppress(OSError):
        load_bindings().reload_config()


def load_bindings() -> Any:
    """The bindings; imported late, since they read the configuration when they are imported."""
    import htcondor2

    return htcondor2


def htcondor_errors() -> tuple[type[Exception], ...]:
    """What the bindings raise when HTCondor does not answer or refuses."""
    return (load_bindings().HTCondorException, OSError)
