"""The shipped trainer as its interface.json describes it: what it takes and reports, and studies that disagree."""

from __future__ import annotations

import contextlib
import json
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from sweep import resources, space
from sweep.sections import ConstraintsSection
from sweep.space import Parameter, check_interface
from sweep.words import nearest

ONE_PARAMETER: TypeAdapter[space.AnyParameter] = TypeAdapter(Parameter)


@cache
def trainer_interface() -> dict[str, Any]:
    """What the shipped trainer accepts: `parameters` by name, and the `metrics` it reports."""
    interface: dict[str, Any] = json.loads((resources.folder("trainer") / "interface.json").read_text())
    return interface


def mistakes(table: dict[str, Any]) -> list[str]:
    """What of a study file the trainer would not understand; looks at each part that is well-formed by itself."""
    trainer = table.get("trainer")
    if not isinstance(trainer, dict) or "command" in trainer:
        return []
    missing = [f"[trainer] {key}: missing" for key in ("epochs", "data") if key not in trainer]
    return [*missing, *_metrics(table), *_weights(trainer), *_search(table)]


def _metrics(table: dict[str, Any]) -> list[str]:
    reported, kept, study = trainer_interface()["metrics"], trainer_interface()["test_metrics"], table.get("study")
    section = study if isinstance(study, dict) else {}
    metrics = section.get("metric")
    looked_at = [("[study] metric", name) for name in (metrics if isinstance(metrics, list) else [metrics])]
    with contextlib.suppress(ValidationError):
        named = ConstraintsSection.model_validate(table.get("constraints", {})).metric_names
        looked_at += [("[constraints] metrics", name) for name in sorted(named)]
    found = []
    for key, name in looked_at:
        if name in kept and "confirms" not in section:
            found.append(f"{key}: {name} is for `sweep confirm`: a search by it would flatter its best trial")
        elif isinstance(name, str) and name and name not in [*reported, *kept]:
            found.append(
                f"{key}: the trainer reports no {name!r}; it reports {', '.join(reported)}{nearest(name, reported)}"
            )
    return found


def _weights(trainer: dict[str, Any]) -> list[str]:
    known, weights = (
        trainer_interface()["parameters"]["architecture"]["choices"],
        trainer.get("weights"),
    )
    return [
        f"[trainer] weights: there is no architecture {name!r}{nearest(name, known)}"
        for name in (weights if isinstance(weights, dict) else [])
        if name not in known
    ]


def _search(table: dict[str, Any]) -> list[str]:
    known, search = trainer_interface()["parameters"], table.get("search")
    found = []
    for name, entry in (search if isinstance(search, dict) else {}).items():
        if name not in known:
            found.append(f"[search] {name}: the trainer has no such parameter{nearest(name, known)}")
            continue
        with contextlib.suppress(ValidationError):
            if mistake := check_interface(name, ONE_PARAMETER.validate_python(entry), known[name]):
                found.append(f"[search] {mistake}")
    return found
