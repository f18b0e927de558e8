"""Plain words for pydantic's validation errors: which key is wrong, what is wrong with it, and what is allowed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from sweep.config.parameters import PARAMETER_TYPES, InvalidValueError
from sweep.config.text import suggest, toml_text

Location = tuple[int | str, ...]
"""The keys, and the positions in lists from 0, that lead to a value."""

_DATE = "a date or a time, such as 2027-01-31 or 2027-01-31T18:00:00"

WRONG_TYPE = {
    "int_type": "a whole number",
    "float_type": "a number",
    "string_type": "a string",
    "bool_type": "true or false",
    "list_type": "a list",
    "dict_type": "a table",
    "model_type": "a table",
    "datetime_type": _DATE,
    "date_type": _DATE,
}
"""What a value must be instead, by pydantic's name for the error."""

WRONG_VALUE = {
    "finite_number": "must be a finite number",
    "greater_than": "must be above {gt}",
    "greater_than_equal": "must be at least {ge}",
    "less_than": "must be below {lt}",
    "less_than_equal": "must be at most {le}",
    "string_too_long": "must have at most {max_length} characters",
    "literal_error": "must be {expected}",
}
"""What a value must be, likewise; pydantic fills in what is allowed."""

PATTERNS = {
    "data_sha256": "must be 64 digits and letters a to f, as sha256sum prints them",
    "name": "must be letters, digits, '.', '_' or '-', the first a letter or digit",
}
"""What the pattern of a key allows."""

UNION_MEMBERS = {"str", "list[str]", "constrained-int", "datetime", "date", "OutputPattern"}
"""Pydantic's names for the types of a key that allows several. They stand in the location of an error."""


def explain_errors(error: ValidationError, model: type[BaseModel]) -> list[str]:
    """Return all mistakes of a file that `model` validated, each as `[section] key: what is wrong`."""
    by_location: dict[Location, list[ErrorDetails]] = {}
    for detail in error.errors():
        by_location.setdefault(_location(detail), []).append(detail)
    found = []
    for location, details in by_location.items():
        has_inner = any(other[: len(location)] == location and other != location for other in by_location)
        found += [f"{key_name(location)}: {message}" for message in _messages(details, has_inner, model)]
    return found


def _location(detail: ErrorDetails) -> Location:
    """Return where a mistake is in the file, without the names of types that pydantic puts in between."""
    location = list(detail["loc"])
    if location[:1] == ["search"]:
        del location[2:3]
    location[2:] = [part for part in location[2:] if part not in UNION_MEMBERS]
    cause = detail.get("ctx", {}).get("error")
    if isinstance(cause, InvalidValueError):
        location.append(cause.key)
    if detail["type"].startswith("union_tag"):
        location.append("type")
    return tuple(location)


def key_name(location: Location) -> str:
    """Return the name of a key in messages, such as `[search] lr.low`, or `[[trials]] 1, lr`."""
    if not location:
        return "the file"
    section, *keys = location
    if section == "name":  # of a site's file, where it stands above the sections
        return "name"
    if section in ("trials", "rules"):
        return ", ".join([f"[[{section}]]" + "".join(f" {int(keys[0]) + 1}" for _ in keys[:1]), *map(str, keys[1:])])
    name = f"[{section}]"
    for position, key in enumerate(keys):
        name += f", entry {key + 1}" if isinstance(key, int) else f"{'.' if position else ' '}{key}"
    return name


def _messages(details: Sequence[ErrorDetails], has_inner: bool, model: type[BaseModel]) -> list[str]:
    """Return the messages about one key; `has_inner` says that there are messages about parts of its value.

    For a key that allows several types, pydantic gives an error for each type. If the value has one of the types, only
    the errors of that type help; if it has none of them, one message names them all.
    """
    if fitting := [detail for detail in details if detail["type"] not in WRONG_TYPE]:
        return list(dict.fromkeys(_explain(detail, model) for detail in fitting))
    if has_inner:
        return []
    allowed = dict.fromkeys(_allowed_type(detail) for detail in details)
    return [f"must be {' or '.join(allowed)}{_not_value(details[0])}"]


def _explain(detail: ErrorDetails, model: type[BaseModel]) -> str:
    """Return what is wrong with a value, or with a key that is missing or unknown."""
    kind = detail["type"]
    if kind == "extra_forbidden":
        *table, key = detail["loc"]
        return f"unknown {'key' if table else 'section'}{suggest(str(key), _legal_keys(table, model))}"
    explain = _EXPLANATIONS.get(kind)
    return explain(detail) if explain else detail["msg"]


def _legal_keys(table: Sequence[int | str], model: type[BaseModel]) -> Iterable[str]:
    """Return the keys that a table of the file may have."""
    for part in table:
        if part in PARAMETER_TYPES:
            model = PARAMETER_TYPES[str(part)]
        elif part in model.model_fields:
            annotation = model.model_fields[str(part)].annotation
            types = [one for one in (annotation, *get_args(annotation)) if isinstance(one, type)]
            model = next((one for one in types if issubclass(one, BaseModel)), model)
    return model.model_fields


def _allowed_type(detail: ErrorDetails) -> str:
    if len(detail["loc"]) == 1:
        name = f"[{detail['loc'][0]}]"
        return f"a section of its own, {f'[{name}]' if detail['type'] == 'list_type' else name}"
    return WRONG_TYPE[detail["type"]]


def _wrong_value(detail: ErrorDetails) -> str:
    allowed = WRONG_VALUE[detail["type"]].format(**detail.get("ctx", {}))
    return allowed.replace("'", '"') + _not_value(detail)


def _wrong_pattern(detail: ErrorDetails) -> str:
    return PATTERNS.get(str(detail["loc"][-1]), f"must match {detail['ctx']['pattern']}") + _not_value(detail)


def _too_short(detail: ErrorDetails) -> str:
    least = detail["ctx"]["min_length"]
    return "must not be empty" if least == 1 else f"must have at least {least} entries"


def _own_message(detail: ErrorDetails) -> str:
    return str(detail["ctx"]["error"])


def _not_value(detail: ErrorDetails) -> str:
    """Return the end of a message that shows the wrong value as TOML has it; '' for tables and lists."""
    value: Any = detail["input"]
    return f", not {toml_text(value)}" if isinstance(value, str | int | float) else ""


_EXPLANATIONS: dict[str, Callable[[ErrorDetails], str]] = {
    **dict.fromkeys(WRONG_VALUE, _wrong_value),
    "string_pattern_mismatch": _wrong_pattern,
    "string_too_short": _too_short,
    "too_short": _too_short,
    "value_error": _own_message,
    "missing": lambda _: "missing",
    "union_tag_not_found": lambda _: f"missing; it must be one of {', '.join(PARAMETER_TYPES)}",
    "union_tag_invalid": lambda detail: (
        f"unknown type {detail['ctx']['tag']!r}{suggest(str(detail['ctx']['tag']), PARAMETER_TYPES)}"
    ),
}
