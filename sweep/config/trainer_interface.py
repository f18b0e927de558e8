"""The interface.json of the shipped trainer: what it accepts and reports, and the mistakes of studies that disagree."""

from __future__ import annotations

import contextlib
import json
import math
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from sweep.config.parameters import AnyParameter, FloatParameter, IntParameter, Parameter, values_of
from sweep.config.sections import ConstraintsSection
from sweep.config.text import did_you_mean, toml_text
from sweep.resources import resource_folder

PARAMETER_ADAPTER: TypeAdapter[AnyParameter] = TypeAdapter(Parameter)
"""Validates one entry of `[search]` by itself."""

KINDS: dict[str, tuple[type, ...]] = {"int": (int,), "float": (int, float), "str": (str,), "bool": (bool,)}
"""Python's types of the values that each kind of parameter accepts."""

KIND_WORDS = {"int": "a whole number", "float": "a number", "str": "a string", "bool": "true or false"}


@cache
def trainer_interface() -> dict[str, Any]:
    """Return what the shipped trainer accepts, as `parameters` by name, and the `metrics` that it reports."""
    interface: dict[str, Any] = json.loads((resource_folder("trainer") / "interface.json").read_text())
    return interface


def interface_mistakes(table: dict[str, Any]) -> list[str]:
    """Return what the shipped trainer would not understand in a study file; [] for a program of the user's own.

    It checks each part that is well-formed by itself, so that it finds mistakes beside those of pydantic.
    """
    trainer = table.get("trainer")
    if not isinstance(trainer, dict) or "command" in trainer:
        return []
    missing = [f"[trainer] {key}: missing" for key in ("epochs", "data") if key not in trainer]
    return [*missing, *_metric_mistakes(table), *_weights_mistakes(trainer), *_search_mistakes(table)]


def _metric_mistakes(table: dict[str, Any]) -> Iterator[str]:
    """Yield a mistake for each metric that the trainer does not report, or that only `sweep confirm` may use."""
    reported, test_metrics = trainer_interface()["metrics"], trainer_interface()["test_metrics"]
    study = table.get("study")
    is_confirmation = isinstance(study, dict) and "confirms" in study
    for key, name in _used_metrics(table):
        if name in test_metrics and not is_confirmation:
            yield (
                f"{key}: must not be {name!r}, which is for `sweep confirm` alone: "
                "the score of trials chosen by the test set looks better than it is"
            )
        elif isinstance(name, str) and name and name not in [*reported, *test_metrics]:
            suggestion = did_you_mean(name, reported)
            yield f"{key}: the trainer reports no {name!r}; it reports {', '.join(reported)}{suggestion}"


def _used_metrics(table: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield each metric that a study file uses, after its key."""
    study = table.get("study")
    metrics = study.get("metric") if isinstance(study, dict) else None
    for name in metrics if isinstance(metrics, list) else [metrics]:
        yield "[study] metric", name
    with contextlib.suppress(ValidationError):
        constraints = ConstraintsSection.model_validate(table.get("constraints", {}))
        for name in sorted(constraints.metric_names):
            yield "[constraints] metrics", name


def _weights_mistakes(trainer: dict[str, Any]) -> list[str]:
    known = trainer_interface()["parameters"]["architecture"]["choices"]
    weights = trainer.get("weights")
    return [
        f"[trainer] weights: there is no architecture {name!r}{did_you_mean(name, known)}"
        for name in (weights if isinstance(weights, dict) else [])
        if name not in known
    ]


def _search_mistakes(table: dict[str, Any]) -> Iterator[str]:
    known, search = trainer_interface()["parameters"], table.get("search")
    for name, entry in (search if isinstance(search, dict) else {}).items():
        if name not in known:
            yield f"[search] {name}: the trainer has no such parameter{did_you_mean(name, known)}"
            continue
        with contextlib.suppress(ValidationError):
            parameter = PARAMETER_ADAPTER.validate_python(entry)
            if mistake := _parameter_mistake(name, parameter, known[name]):
                yield f"[search] {mistake}"


def _parameter_mistake(name: str, parameter: AnyParameter, accepted: Mapping[str, Any]) -> str:
    """Return why the trainer cannot use a parameter, as `key: what is wrong`; '' if it can.

    `accepted` is the parameter's entry in interface.json.
    """
    if parameter.repeat is not None and parameter.repeat != accepted.get("repeat"):
        allowed = f'may only be "{accepted["repeat"]}"' if "repeat" in accepted else "must be left out"
        return f"{name}.repeat: {allowed}, because the trainer reads {name} that way"
    if isinstance(parameter, FloatParameter | IntParameter):
        mistake = _range_mistake(parameter, accepted) or _bounds_mistake([parameter.low, parameter.high], accepted)
    else:
        values = values_of(parameter) or []
        mistake = _values_mistake(values, accepted) or _bounds_mistake(values, accepted)
    return f"{name}: {mistake}" if mistake else ""


def _range_mistake(parameter: FloatParameter | IntParameter, accepted: Mapping[str, Any]) -> str:
    """Return why the trainer cannot use numbers of a range, apart from the range's ends; '' if it can."""
    kind, choices = accepted["kind"], accepted.get("choices")
    if kind == "bool":
        return 'must be true or false in the trainer: use type = "bool"'
    if kind == "str":
        return f'must be a string in the trainer: use type = "categorical", with choices from {_listed(choices)}'
    if kind == "int" and isinstance(parameter, FloatParameter):
        return 'must be a whole number in the trainer: use type = "int"'
    if choices is None:
        return ""
    values = range(int(parameter.low), int(parameter.high) + 1, int(parameter.step or 1))
    if all(value in choices for value in values):
        return ""
    return f'must be one of {_listed(choices)}: use type = "categorical", or a step that gives only those'


def _values_mistake(values: list[Any], accepted: Mapping[str, Any]) -> str:
    """Return which of some values the trainer cannot use, and why; '' if it can use all."""
    kind, choices = accepted["kind"], accepted.get("choices")
    for value in values:
        if isinstance(value, bool) != (kind == "bool") or not isinstance(value, KINDS[kind]):
            return f"must be {KIND_WORDS[kind]} in the trainer, not {toml_text(value)}"
        if choices is not None and value not in choices:
            return f"must be one of {_listed(choices)}, not {toml_text(value)}"
    return ""


def _bounds_mistake(values: list[Any], accepted: Mapping[str, Any]) -> str:
    """Return between which bounds the trainer needs the values; '' if all are, or if there are no bounds."""
    low, high = accepted.get("low", -math.inf), accepted.get("high", math.inf)
    if accepted["kind"] not in ("int", "float") or (low <= min(values) and max(values) <= high):
        return ""
    bounds = [f"at {word} {accepted[side]}" for side, word in (("low", "least"), ("high", "most")) if side in accepted]
    return f"must be {' and '.join(bounds)} in the trainer"


def _listed(choices: list[Any] | None) -> str:
    return ", ".join(map(str, choices or []))
