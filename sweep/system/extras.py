"""Checks for Python packages that only some commands need."""

from __future__ import annotations

import importlib.util

from sweep.errors import SweepError


def require_extra(extra: str, *modules: str) -> None:
    """Raise SweepError if a module is missing, with the command that installs this package's `extra`."""
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    if missing:
        raise SweepError(
            f"this command needs {' and '.join(missing)}, not installed here",
            f"Run: pip install 'htcondor-sweep[{extra}]'",
        )
