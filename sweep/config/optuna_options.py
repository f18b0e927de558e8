"""Optuna's classes by the names that a study file has for them, and the options that each takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sweep.config.text import did_you_mean

Types = tuple[type, ...]


NUMBER: Types = (int, float)


@dataclass(frozen=True)
class OptunaClass:
    """One of Optuna's classes, and the options that a study file may set, with their types."""

    of: str
    options: dict[str, Types]


def check_options(what: str, kinds: Mapping[str, OptunaClass], name: str, options: Mapping[str, Any]) -> None:
    """Raises ValueError for a name that no kind has, and for options that it does not take."""
    kind = kinds.get(name)
    if kind is None:
        raise ValueError(f"there is no {what} {name!r}{did_you_mean(name, kinds)}; there are {', '.join(kinds)}")
    for option, value in options.items():
        if option not in kind.options:
            has = f"it has {', '.join(kind.options)}" if kind.options else "it has none"
            raise ValueError(f"{name} has no option {option!r}{did_you_mean(option, kind.options)}; {has}")
        types = kind.options[option]
        if not isinstance(value, types) or (isinstance(value, bool) and bool not in types):
            raise ValueError(f"{option} must be {' or '.join(one.__name__ for one in types)}, not {value!r}")
