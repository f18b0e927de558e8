"""The shipped trainer as its interface.json describes it: what it takes and reports, and studies that disagree."""

from __future__ import annotations

import contextlib
import json
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from sweep.config.parameters import AnyParameter, Parameter, check_interface
from sweep.config.sections import ConstraintsSection
from sweep.config.text import did_you_mean
from sweep.resources import resource_folder

ONE_PARAMETER: TypeAdapter[AnyParameter] = TypeAdapter(Parameter)


@cache
def trainer_interface() -> dict[str, Any]:
    """What the shipped trainer accepts: `parameters` by name, and the `metrics` it reports."""
    interface: dict[str, Any] = json.loads((resource_folder("trainer") / "interface.json").read_text())
    return interface


def interface_mistakes(table: dict[str, Any]) -> list[str]:
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
                f"{key}: the trainer reports no {name!r}; "
                f"it reports {', '.join(reported)}{did_you_mean(name, reported)}"
            )
    return found


def _weights(trainer: dict[str, Any]) -> list[str]:
    known, weights = (
        trainer_interface()["parameters"]["architecture"]["choices"],
        trainer.get("weights"),
    )
    return [
        f"[trainer] weights: there is no architecture {name!r}{did_you_mean(name, known)}"
        for name in (weights if isinstance(weights, dict) else [])
        if name not in known
    ]


def _search(table: dict[str, Any]) -> list[str]:
    known, search = trainer_interface()["parameters"], table.get("search")
    found = []
    for name, entry in (search if isinstance(search, dict) else {}).items():
        if name not in known:
            found.append(f"[search] {name}: the trainer has no such parameter{did_you_mean(name, known)}")
            continue
        with contextlib.suppress(ValidationError):
            if mistake := check_interface(name, ONE_PARAMETER.validate_python(entry), known[name]):
                found.append(f"[search] {mistake}")
    return found
