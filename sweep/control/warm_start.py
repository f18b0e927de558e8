"""Queues the best configurations of another study (a warm start)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sweep.config.conditions import expand_parameters
from sweep.config.consistency import configuration_mistakes
from sweep.config.sections import StudyConfig
from sweep.results.report import Report
from sweep.study.enqueued import queue_configuration
from sweep.study.notes import note
from sweep.study.study import Study


def queue_best_trials(study: Study, other: Report, top: int) -> int:
    """Queue the configurations of another study's best trials; return their number.

    Parameters that this study does not search are left out, and so are values and configurations that it does not
    allow.
    """
    count = 0
    for trial in other.ranked[:top]:
        values = _possible_values(study.config, trial)
        if values and not configuration_mistakes(study.config, values):
            count += queue_configuration(study, f"{other.study['id']} {trial['number']}", values)
    return count


def _possible_values(config: StudyConfig, trial: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of another study's trial that this study allows. A note names the others."""
    values: dict[str, Any] = {}
    for name, value in trial["params"].items():
        mistakes = configuration_mistakes(config, {name: value})
        if not mistakes:
            values[name] = value
        elif name in {candidate.name for candidate in expand_parameters(config.search)}:
            note(f"--from {name} {value}", f"trial {trial['number']} of --from: left {name} out: {'; '.join(mistakes)}")
    return values
