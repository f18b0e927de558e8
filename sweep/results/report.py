"""Collects a study's trials, ranked, as plain values that JSON can hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sweep.config.conditions import expand_parameters
from sweep.results.ranking import ranks
from sweep.study.study import Study
from sweep.system.files import tail
from sweep.system.received import has_content
from sweep.trial.event_log import read_event_log

if TYPE_CHECKING:
    from sweep.optimizer.trial_row import TrialRow
    from sweep.results.confirmation import Confirmed


FRONT = 1
"""Rank of the best trial; with several objectives, of the trials on the Pareto front."""


@dataclass(frozen=True)
class Report:
    """A study's results.

    `study` describes the study. `trials` has all trials, by number; `ranked` has the COMPLETE trials that satisfy the
    constraints on metrics, the best first. With several objectives a trial's rank is the number of its front.
    """

    study: dict[str, Any]
    trials: list[dict[str, Any]]
    ranked: list[dict[str, Any]]
    has_checkpoints: bool = True
    """Whether the study's program saves checkpoints."""

    @property
    def best(self) -> list[dict[str, Any]]:
        """The best trial, or the trials on the Pareto front; empty before any trial is ranked."""
        return [trial for trial in self.ranked if trial["rank"] == FRONT]


def collect_report(study: Study) -> Report:
    """Return a study's report, from its storage and, for unfinished trials, from their jobs' event logs.

    Raises StorageError if the storage cannot be read.
    """
    from sweep.optimizer.stored_study import StoredStudy
    from sweep.results.confirmation import read_confirmation, score_name

    return build_report(
        study, StoredStudy.open(study, writing=False).rows(), read_confirmation(study), score_name(study)
    )


def build_report(study: Study, rows: list[TrialRow], confirmed: Sequence[Confirmed] = (), score: str = "") -> Report:
    """Return the report of these trials; `confirmed` are the results of a confirmation, whose metric is `score`."""
    section = study.config.study
    trials = [_trial_entry(study, row) for row in rows]
    ranked = [trial for trial in trials if trial["state"] == "COMPLETE" and trial["feasible"]]
    values = [[trial["values"][metric] for metric in section.metric] for trial in ranked]
    for trial, rank in zip(ranked, ranks(values, section.direction), strict=True):
        trial["rank"] = rank
    ranked.sort(
        key=lambda trial: (
            trial["rank"],
            section.first_direction.key(trial["values"][section.metric[0]]),
            trial["number"],
        )
    )
    report = Report(
        study={
            "name": section.name,
            "id": study.id,
            "objectives": section.objectives,
            "constraints": study.config.constraints.metrics,
            "metrics": [*section.metric, *sorted(study.config.constraints.metric_names - set(section.metric))],
            "parameters": [one.name for one in expand_parameters(study.config.search) if not one.is_fixed],
            "ended": tail(study.paths.ended),
            "counts": dict(sorted(Counter(trial["state"] for trial in trials).items())),
            "confirmed_by": score,
            "confirmed": [_confirmed_entry(configuration) for configuration in confirmed],
        },
        trials=trials,
        ranked=ranked,
        has_checkpoints=study.config.trainer.has_checkpoints,
    )
    report.study["best"] = [trial["number"] for trial in report.best]
    return report


def _confirmed_entry(configuration: Confirmed) -> dict[str, Any]:
    return {
        "trial": configuration.trial,
        "rank": configuration.rank,
        "mean": configuration.mean,
        "deviation": configuration.deviation,
        "scores": configuration.scores,
    }


def _trial_entry(study: Study, row: TrialRow) -> dict[str, Any]:
    files = study.paths.trial(row.number)
    attempts, evictions, duration, lost = row.attempts, row.evictions, row.duration_s, row.lost_s
    if attempts is None:
        history = read_event_log(files.job_log)
        attempts, evictions = history.attempts, history.evictions
        duration, lost = history.seconds, history.lost_seconds
    return {
        "number": row.number,
        "state": row.state,
        "rank": None,
        "values": row.values,
        "feasible": row.is_feasible if row.values else None,
        "params": row.params,
        "generation": row.generation,
        "index": row.index,
        "attempts": attempts,
        "evictions": evictions,
        "duration_s": duration,
        "lost_s": lost,
        "steps": row.steps or 0,
        "target_steps": study.config.trainer.epochs,  # None if the user's own program decides
        "reason": row.reason,
        "checkpoint": str(files.checkpoint) if row.state == "COMPLETE" and has_content(files.checkpoint) else None,
    }
