"""Turns pydantic's validation errors into messages that name the section and key."""

from __future__ import annotations

import re
from typing import Any

from sweep.config.job import JobSection
from sweep.config.parameters import PARAMETER_TYPES, Section
from sweep.config.sections import APSection, ConstraintsSection, LimitsSection, StudyConfig, StudySection
from sweep.config.text import did_you_mean
from sweep.config.tracking import TrackingSection
from sweep.config.trainer import TrainerSection

_SECTIONS: dict[str, type[Section]] = {
    "study": StudySection,
    "trainer": TrainerSection,
    "job": JobSection,
    "limits": LimitsSection,
    "ap": APSection,
    "constraints": ConstraintsSection,
    "tracking": TrackingSection,
}


def explain_error(detail: Any) -> str:
    """One of pydantic's errors as `[section] key: what is wrong`."""
    place = [str(part) for part in detail["loc"]]
    kind, context = detail["type"], detail.get("ctx", {})
    legal: list[str] = list(StudyConfig.model_fields)
    if place and place[0] in _SECTIONS:
        legal = list(_SECTIONS[place[0]].model_fields)
        place = place[:2] if kind != "missing" else place
    elif len(place) > 2 and place[0] == "search" and place[2] in PARAMETER_TYPES:
        legal = list(PARAMETER_TYPES[place[2]].model_fields)
        del place[2]
        place = place[:3]
    key = _key(place)
    if kind == "extra_forbidden":
        what = "section" if len(place) == 1 else "key"
        return f"{key}: unknown {what}{did_you_mean(place[-1], legal)}"
    if kind == "missing":
        return f"{key}: missing"
    if kind == "union_tag_not_found":
        return f"{key}.type: missing; it must be one of {', '.join(PARAMETER_TYPES)}"
    if kind == "union_tag_invalid":
        tag = str(context.get("tag"))
        return f"{key}.type: unknown type {tag!r}{did_you_mean(tag, list(PARAMETER_TYPES))}"
    message = re.sub(r"^Value error, ", "", detail["msg"])
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        message = (
            'must be a table, like { type = "float", low = 0.0, high = 1.0 }'
            if place[0] == "search"
            else (f"must be a section of its own, [{place[0]}]")
        )
    if kind in ("too_short", "string_too_short"):
        message = f"needs at least {context['min_length']}"
    if kind == "string_pattern_mismatch" and place[-1] == "data_sha256":
        message = "must be 64 digits and letters a to f, as sha256sum prints them"
    elif kind == "string_pattern_mismatch":
        message = "must be letters, digits, '.', '_' or '-', the first a letter or digit"
    value = detail.get("input")
    shown = f" (it is {value!r})" if isinstance(value, str | int | float) and kind != "value_error" else ""
    return f"{key}: {message[:1].lower() + message[1:]}{shown}"


def _key(place: list[str]) -> str:
    if len(place) <= 1:
        return f"[{place[0]}]" if place else "the file"
    return f"[{place[0]}] {'.'.join(place[1:])}"
