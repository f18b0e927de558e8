"""Which keys differ between two versions of a study file, and which may not once there are trials. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sweep.config.parameters import AnyParameter, CategoricalParameter, FixedParameter
from sweep.config.sections import StudyConfig

TRAINING = "the trials so far were trained with the old value, so new values could not be compared with theirs"

SCORED = "the trials so far were scored with the old value"

UNSAFE = {
    "[study] metric": SCORED,
    "[study] direction": SCORED,
    "[study] seed": "the trials so far were proposed with the old value",
    "[study] storage": "the trials so far are in the old storage",
    "[constraints] metrics": SCORED,
}
"""Why keys may not change, apart from those of `[trainer]` and `[search]`."""


@dataclass(frozen=True)
class Change:
    """A key that differs. `reason` says why it may not change, '' if it may."""

    key: str
    reason: str = ""


def changes(before: StudyConfig, after: StudyConfig) -> list[Change]:
    """Return all keys that differ between two files of one study: parameters first, then section by section."""
    old, new = before.model_dump(exclude={"search"}), after.model_dump(exclude={"search"})
    found = [
        _parameter_change(name, before.search.get(name), after.search.get(name))
        for name in dict.fromkeys([*before.search, *after.search])
        if before.search.get(name) != after.search.get(name)
    ]
    for section in new:
        if isinstance(new[section], list):
            found += [Change(f"[[{section}]]")] if old[section] != new[section] else []
        else:
            found += _section_changes(section, old[section], new[section])
    return found


def _section_changes(section: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[Change]:
    found = []
    for key in dict.fromkeys([*old, *new]):
        if old.get(key) != new.get(key):
            name = f"[{section}] {key}"
            # A digest that is added says only what the data should have been from the start.
            is_added_digest = name == "[trainer] data_sha256" and old[key] is None
            is_training = section == "trainer" and not is_added_digest
            found.append(Change(name, TRAINING if is_training else UNSAFE.get(name, "")))
    return found


def _parameter_change(name: str, before: AnyParameter | None, after: AnyParameter | None) -> Change:
    """Return the change of a parameter: it may come, go, and change its range, but not its type or list of choices."""
    key = f"[search] {name}"
    if before is None or after is None:
        return Change(key)
    if before.type != after.type:
        return Change(key, f"it has type {before.type} in the trials so far; give the new parameter another name")
    if isinstance(before, CategoricalParameter) and before.choices != getattr(after, "choices", None):
        return Change(key, "Optuna keeps one list of choices for a parameter; give the new parameter another name")
    if isinstance(before, FixedParameter) and before.value != getattr(after, "value", None):
        return Change(key, TRAINING)
    return Change(key)
