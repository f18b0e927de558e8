"""Assigns the next trials to lanes: first proposed trials that no lane runs, then new ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sweep.nodes.ending import check_limits
from sweep.nodes.lanes import lane_of_trial, set_trial
from sweep.nodes.tell import tell_pending
from sweep.nodes.trial_folder import trial_specs, write_trial
from sweep.system.files import write_text
from sweep.trial.spec import TrialSpec
from sweep.workflow.submit import lane_description

if TYPE_CHECKING:
    from sweep.optimizer.stored_study import Proposal, StoredStudy
    from sweep.study.study import Study


def assign_trials(stored: StoredStudy, lanes: Sequence[str], trials: int) -> dict[str, int]:
    """Assign the next trials to `lanes`, and write their nodes' files. Return the trial of each lane that got one.

    The study has at most `trials` trials in all; if they do not suffice, the first lanes get them. The caller holds the
    storage lock, and has told Optuna the results of all ended trials. Raises StudyError if a trial's files are damaged.
    """
    assigned: dict[str, int] = {}
    # A trial that cannot have a job fails, and its lane gets another.
    while waiting := [lane for lane in lanes if lane not in assigned]:
        specs = _unassigned_trials(stored)
        if len(specs) < len(waiting):
            specs += _new_trials(stored, len(waiting) - len(specs), trials)
        if not specs:
            break
        for lane, spec in zip(waiting, specs, strict=False):
            if _assign(stored.study, lane, spec):
                assigned[lane] = spec.number
    tell_pending(stored.study.paths, stored)
    return assigned


def _unassigned_trials(stored: StoredStudy) -> list[TrialSpec]:
    """Return the proposed trials that have no result and no lane."""
    study, paths = stored.study, stored.study.paths
    lanes = lane_of_trial(paths)

    def is_unassigned(proposal: Proposal) -> bool:
        return proposal.number not in lanes and not paths.trial(proposal.number).result.exists()

    proposals = [proposal for proposal in stored.running() if is_unassigned(proposal)]
    if not proposals:
        return []
    return trial_specs(study, proposals, stored.cutoffs(), stored.peak_usage())


def _new_trials(stored: StoredStudy, count: int, trials: int) -> list[TrialSpec]:
    """Propose `count` trials, or as many as the study may still have."""
    count = min(count, trials - stored.count())
    if count <= 0 or check_limits(stored.study, stored):
        return []
    return trial_specs(stored.study, stored.add(count), stored.cutoffs(), stored.peak_usage())


def _assign(study: Study, lane: str, spec: TrialSpec) -> bool:
    """Write the files that a lane's node needs for a trial; return False if the trial cannot have a job."""
    paths = study.paths
    if not write_trial(study, paths.trial(spec.number), spec):
        return False
    description = paths.submit.read_text(encoding="utf-8")
    write_text(paths.lane_submit(lane), lane_description(lane, spec, description))
    # Last: after a kill before this line, the trial still has no lane, and is assigned again.
    set_trial(paths, lane, spec.number)
    return True
