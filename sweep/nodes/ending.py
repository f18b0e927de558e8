"""When a study asks for no more trials, though it has not all that were planned. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from sweep.study.study import Study
from sweep.system.files import write_text

if TYPE_CHECKING:
    from sweep.optimizer.stored_study import StoredStudy
from typing import TYPE_CHECKING

from sweep.config.sections import StudyConfig

if TYPE_CHECKING:
    from sweep.optimizer.trial_row import TrialRow


def check_limits(study: Study, search: StoredStudy) -> bool:
    """Whether no more trials are to be asked for; the reason is then written to dag/ended.txt."""
    why = ""
    if study.config.limits.may_end:
        why = reason_to_end(study.config, search.rows(), datetime.now().astimezone())
    if not why and not search.configurations_left(1):
        why = "all configurations that there are have been tried"
    if why:
        write_text(study.paths.ended, why + "\n")
    return bool(why)


def reason_to_end(config: StudyConfig, rows: Sequence[TrialRow], now: datetime) -> str:
    """Why the study ends, by its `[limits]`; '' where it goes on. `rows` are its trials, by number."""
    limits, metric = config.limits, config.study.metric[0]
    direction = config.study.first_direction
    scored = [row for row in rows if row.state == "COMPLETE" and row.is_feasible]
    best = min(scored, key=lambda row: (direction.key(row.values[metric]), row.number), default=None)
    if best and limits.target is not None and not direction.is_better(limits.target, best.values[metric]):
        return f"trial {best.number} reached the target: {metric} {best.values[metric]:.5g}"
    since = [row for row in rows if row.state != "RUNNING" and best and row.number > best.number]
    if best and limits.patience is not None and len(since) >= limits.patience:
        return f"{len(since)} trials after trial {best.number} have not bettered its {metric} of {best.value:.5g}"
    hours = sum(row.duration_s or 0 for row in rows) / 3600
    if limits.slot_hours is not None and hours >= limits.slot_hours:
        return f"the budget of {limits.slot_hours:g} slot hours is spent ({hours:.3g} in the trials that have ended)"
    if limits.until is not None and now >= limits.deadline:
        return f"it is past {limits.until}"
    return ""
