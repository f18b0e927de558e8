"""Packages that only some commands need, and that an installation may lack."""

from __future__ import annotations

import importlib.util

from sweep.errors import SweepError


def require_extra(extra: str, *modules: str) -> None:
    """Raises SweepError where one of the modules is missing, naming the extra of this package that brings it."""
    missing = [name for name in modules if importlib.util.find_spec(name) is None]
    if missing:
        raise SweepError(f"{' and '.join(missing)} cannot be imported", f"pip install 'htcondor-sweep[{extra}]'")
