"""Decides when a study proposes no more trials, though not all planned ones have run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sweep.config.sections import StudyConfig
from sweep.study.study import Study
from sweep.system.files import write_text

if TYPE_CHECKING:
    from sweep.optimizer.stored_study import StoredStudy
    from sweep.optimizer.trial_row import TrialRow


def check_limits(study: Study, stored: StoredStudy) -> bool:
    """Return whether the study has ended; if so, write the reason to dag/ended.txt."""
    reason = ""
    if study.config.limits.may_end:
        reason = reason_to_end(study.config, stored.rows(), datetime.now().astimezone())
    if not reason and not stored.configurations_left(1):
        reason = "all configurations have been tried"
    if reason:
        write_text(study.paths.ended, reason + "\n")
    return bool(reason)


def reason_to_end(config: StudyConfig, rows: Sequence[TrialRow], now: datetime) -> str:
    """Return why the study's `[limits]` end it, '' if they do not. `rows` are its trials, by number."""
    limits, metric = config.limits, config.study.metric[0]
    direction = config.study.first_direction
    scored = [row for row in rows if row.state == "COMPLETE" and row.is_feasible]
    best = min(scored, key=lambda row: (direction.key(row.values[metric]), row.number), default=None)
    if best and limits.target is not None and not direction.is_better(limits.target, best.values[metric]):
        return f"trial {best.number} reached the target: {metric} {best.values[metric]:.5g}"
    later = [row for row in rows if row.state != "RUNNING" and best and row.number > best.number]
    if best and limits.patience is not None and len(later) >= limits.patience:
        return f"no improvement in {len(later)} trials since trial {best.number}: {metric} {best.values[metric]:.5g}"
    hours = sum(row.duration_s or 0 for row in rows) / 3600
    if limits.slot_hours is not None and hours >= limits.slot_hours:
        return f"the budget of {limits.slot_hours:g} slot hours is used up ({hours:.3g} in the trials that have ended)"
    if limits.until is not None and now >= limits.deadline:
        return f"the deadline {limits.until} has passed"
    return ""
