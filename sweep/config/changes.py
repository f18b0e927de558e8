"""What a study file may change after trials exist, and what not, with the reason. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from sweep.config.parameters import AnyParameter, CategoricalParameter, FixedParameter
from sweep.config.sections import StudyConfig

OTHERWISE = "the trials so far trained otherwise, so that values could not be compared"


JUDGED = "the trials so far were judged by it"


UNSAFE = {
    "[study] metric": JUDGED,
    "[study] direction": JUDGED,
    "[study] seed": "the trials so far were drawn by it",
    "[study] storage": "the trials so far are there",
    "[constraints] metrics": JUDGED,
}


@dataclass(frozen=True)
class Change:
    """A key that differs; `reason` says why it may not, '' where it may."""

    key: str
    reason: str = ""


def changes(before: StudyConfig, after: StudyConfig) -> list[Change]:
    """All that differs between two files of one study, in the order of the sections."""
    old, new = before.model_dump(exclude={"search"}), after.model_dump(exclude={"search"})
    found = [
        _parameter(name, before.search.get(name), after.search.get(name))
        for name in dict.fromkeys([*before.search, *after.search])
        if before.search.get(name) != after.search.get(name)
    ]
    for section in new:
        if isinstance(new[section], list):
            found += [Change(f"[[{section}]]")] if old[section] != new[section] else []
            continue
        for key in dict.fromkeys([*old[section], *new[section]]):
            if old[section].get(key) != new[section].get(key):
                name = f"[{section}] {key}"
                # Told late, the digest says only what the data was meant to be all along.
                late = name == "[trainer] data_sha256" and old[section][key] is None
                found.append(Change(name, OTHERWISE if section == "trainer" and not late else UNSAFE.get(name, "")))
    return found


def _parameter(name: str, before: AnyParameter | None, after: AnyParameter | None) -> Change:
    """A parameter may come, go, and change its range, but not become another thing under the same name."""
    key = f"[search] {name}"
    if before is None or after is None:
        return Change(key)
    if before.type != after.type:
        return Change(key, f"it was {before.type} in the trials so far; give the new one another name")
    if isinstance(before, CategoricalParameter) and before.choices != getattr(after, "choices", None):
        return Change(key, "Optuna keeps one list of choices in a study; give the new one another name")
    if isinstance(before, FixedParameter) and before.value != getattr(after, "value", None):
        return Change(key, OTHERWISE)
    return Change(key)
