"""Generates the tables of a study file's keys from the pydantic models of sweep.config."""

from __future__ import annotations

import math
import types
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from enum import Enum
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt, MaxLen, MinLen
from pydantic import BaseModel, PlainValidator
from pydantic.fields import FieldInfo

from scripts.reference_table import code, code_name, one_of, table
from sweep.config.parameters import PARAMETER_TYPES, Entry
from sweep.config.sections import StudyConfig
from sweep.config.sites import FACTS, Rule, Site

NAMES = {
    bool: "boolean",
    int: "integer",
    float: "number",
    str: "string",
    datetime: "date and time",
    date: "date",
    Any: "any value",
}

PLAIN = {bool, int, float, str}
"""A union of these types is any TOML value except dates, lists and tables."""

LIMITS = ((Ge, "ge", "at least"), (Gt, "gt", "above"), (Le, "le", "at most"), (Lt, "lt", "below"))

LENGTHS = ((MinLen, "min_length", "at least"), (MaxLen, "max_length", "at most"))


def section_keys(name: str) -> str:
    """Return the table of a section of the study file."""
    return keys(section_model(name))


def section_model(name: str) -> type[BaseModel]:
    """Return the model of a section."""
    model: type[BaseModel] = StudyConfig.model_fields[name].annotation  # type: ignore[assignment]
    return model


def site_keys(_: str) -> str:
    """Return the tables of a site's file, and of one of its rules."""
    return f"{keys(Site)}\n\nEach `[[rules]]`:\n\n{keys(Rule)}"


def site_facts(_: str) -> str:
    """Return the table of the facts that the rules of a site can test."""
    return table(["in `avoid`", "meaning"], [(code_name(name), meaning) for name, meaning in FACTS.items()])


def parameter_types(_: str) -> str:
    """Return a table for each type of parameter, after the keys that all of them have."""
    parts = ["Every parameter may have:", keys(Entry)]
    for name, model in PARAMETER_TYPES.items():
        own = {key: field for key, field in model.model_fields.items() if key not in {*Entry.model_fields, "type"}}
        parts += [f'### `type = "{name}"`', first_paragraph(model), *([keys_of(own)] if own else [])]
    return "\n\n".join(parts)


def first_paragraph(model: type[BaseModel]) -> str:
    """Return the first paragraph of a model's docstring, as one line."""
    return " ".join((model.__doc__ or "").strip().split("\n\n")[0].split())


def keys(model: type[BaseModel]) -> str:
    """Return the table of all keys of a model."""
    return keys_of(model.model_fields)


def keys_of(fields: Mapping[str, FieldInfo]) -> str:
    """Return the table of some keys: type, default and description."""
    rows = [
        (code_name(key), field_type(field), default(field), field.description or "") for key, field in fields.items()
    ]
    return table(["key", "type", "default", "meaning"], rows)


def default(field: FieldInfo) -> str:
    """Return the value that applies if a study file lacks the key."""
    if field.is_required():
        return "**required**"
    value = field.get_default(call_default_factory=True, validated_data={})
    return "none" if value in (None, [], {}) else code(value)


def field_type(field: FieldInfo) -> str:
    """Return the type of a key in words."""
    return type_in_words(field.annotation, field.metadata)


def type_in_words(annotation: Any, metadata: Iterable[Any] = ()) -> str:
    """Return a type in words, with the limits that its metadata sets."""
    metadata, origin, arguments = list(flat(metadata)), get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return type_in_words(arguments[0], [*arguments[1:], *metadata])
    if origin in (Union, types.UnionType):
        return union(arguments) + limits(metadata)
    if origin is Literal:
        return one_of([code(value) for value in arguments])
    if origin is list:
        item = type_in_words(arguments[0])
        # For these keys a validator turns a single value into a list.
        one_or_more = any(isinstance(one, PlainValidator) for one in metadata)
        return (f"{item}, or a list of these" if one_or_more else list_of(item)) + limits(metadata, "entries")
    if origin is dict:
        return f"table; each value: {type_in_words(arguments[1])}"
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "table of " + one_of([code_name(key) for key in annotation.model_fields])
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return one_of([code(member.value) for member in annotation])
    return NAMES[annotation] + limits(metadata)


def list_of(item: str) -> str:
    """Return "list of strings", or the like."""
    return f"list of {item}s" if item in NAMES.values() else f"list; each entry: {item}"


def union(members: tuple[Any, ...]) -> str:
    """Return the types of a union in words, without None, which means that the key is missing."""
    if set(members) >= PLAIN:
        return "boolean, number or string"
    words = [type_in_words(member) for member in members if member is not type(None)]
    return (", or " if any("," in word for word in words) else " or ").join(words)


def flat(metadata: Iterable[Any]) -> Iterable[Any]:
    """Yield all metadata, including the metadata inside a Field(…)."""
    for one in metadata:
        if isinstance(one, FieldInfo):
            yield from flat(one.metadata)
        else:
            yield one


def limits(metadata: Iterable[Any], of: str = "characters") -> str:
    """Return the limits in the metadata, such as ", at least 1, at most 20"; `of` is what a length counts."""
    found = []
    for one in metadata:
        found += [f"{word} {number(getattr(one, key))}" for kind, key, word in LIMITS if isinstance(one, kind)]
        lengths = [(word, getattr(one, key)) for kind, key, word in LENGTHS if isinstance(one, kind)]
        found += [f"{word} {length} {of}" for word, length in lengths if length != 1]
        if pattern := getattr(one, "pattern", None):
            found.append(f"matches {code_name(pattern)}")
    return "".join(f", {one}" for one in found)


def number(value: float) -> str:
    """Return a number as text, a large power of two as "2^63"."""
    power = round(math.log2(abs(value))) if value else 0
    return f"{'-' if value < 0 else ''}2^{power}" if power > 30 and abs(value) == 2**power else f"{value}"
