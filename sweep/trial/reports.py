"""What a trial has reported so far, read as its trial.json says. Pure; standard library only."""

from __future__ import annotations

import contextlib
import json

from sweep.trial.metrics import Values, parse_metrics
from sweep.trial.spec import TrialSpec


def reports(spec: TrialSpec, metrics: str | None) -> tuple[dict[int, Values], str]:
    """Values of a trial's metrics by step, and what of their text could not be used."""
    return parse_metrics(metrics or "", spec.wanted, spec.metrics, spec.metrics_pattern)


def data_digests(metrics: str | None) -> set[str]:
    """Digests of the data that a trial's jobs had, by their reports; none where they do not say."""
    found = set()
    for line in (metrics or "").splitlines():
        if '"data_sha256"' in line:
            with contextlib.suppress(ValueError, TypeError, KeyError):  # torn by a kill
                found.add(str(json.loads(line)["data_sha256"]))
    return found


def intermediate(spec: TrialSpec, metrics: str | None) -> dict[int, float]:
    """What Optuna calls intermediate values: the objective by step. None where there are several: it has no such."""
    if len(spec.objectives) > 1:
        return {}
    return {step: values[spec.objectives[0]] for step, values in reports(spec, metrics)[0].items()}
