"""Queues the best configurations of another study (a warm start)."""

from __future__ import annotations

from typing import Any

from sweep.config.consistency import configuration_mistakes
from sweep.results.report import Report
from sweep.study.enqueued import queue_configuration
from sweep.study.study import Study


def queue_best_trials(study: Study, other: Report, top: int) -> int:
    """Queue the configurations of another study's best trials; return their number.

    Parameters that this study does not search are left out, and so are configurations that it does not allow.
    """
    count = 0
    for trial in other.ranked[:top]:
        values: dict[str, Any] = {
            name: value
            for name, value in trial["params"].items()
            if not configuration_mistakes(study.config, {name: value})
        }
        if values and not configuration_mistakes(study.config, values):
            count += queue_configuration(study, f"{other.study['id']} {trial['number']}", values)
    return count
