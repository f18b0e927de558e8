"""Optuna's samplers and pruners by the names that a study file uses, and the options that each of them has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sweep.config.parameters import InvalidValueError
from sweep.config.text import suggest, toml_text

Types = tuple[type, ...]

NUMBER: Types = (int, float)

TYPE_WORDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a string"}


@dataclass(frozen=True)
class OptunaClass:
    """A class of Optuna, what it does in one line, and the options that a study file may set, with their types."""

    class_name: str
    description: str
    options: dict[str, Types]
    required: tuple[str, ...] = ()


def check_options(role: str, classes: Mapping[str, OptunaClass], name: str, options: Mapping[str, Any]) -> None:
    """Check the name and the options in `[sampler]` or `[pruner]`, which is the `role`.

    Raises InvalidValueError for an unknown name or option, a wrong type, and a missing option that is required.
    """
    entry = classes.get(name)
    if entry is None:
        raise InvalidValueError("name", f"unknown {role} {name!r}{suggest(name, classes)}")
    for option, value in options.items():
        if option not in entry.options:
            allowed = suggest(option, entry.options) if entry.options else "; it has no options"
            raise InvalidValueError(option, f"unknown option of {name}{allowed}")
        if not _has_type(value, entry.options[option]):
            raise InvalidValueError(option, f"must be {_type_text(entry.options[option])}, not {toml_text(value)}")
    for option in entry.required:
        if option not in options:
            raise InvalidValueError(option, f"missing; {name} needs it")


def _has_type(value: object, types: Types) -> bool:
    return isinstance(value, types) and (not isinstance(value, bool) or bool in types)


def _type_text(types: Types) -> str:
    return " or ".join(TYPE_WORDS[one] for one in types if one is not int or float not in types)
