"""Gives lanes their next trials: those that were asked for and are in no lane, then new ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sweep.nodes.ending import check_limits
from sweep.nodes.lanes import lane_of_trial, set_trial
from sweep.nodes.trial_folder import trial_specs, write_trial
from sweep.system.files import write_text
from sweep.trial.files import read_spec
from sweep.trial.spec import TrialSpec
from sweep.workflow.submit import lane_description

if TYPE_CHECKING:
    from sweep.optimizer.stored_study import StoredStudy
    from sweep.study.study import Study


def assign_trials(search: StoredStudy, waiting: Sequence[str], trials: int) -> dict[str, int]:
    """Write all that the nodes of lanes need for their next trials; the study is to have so many `trials` in all.

    Gives the trials of the lanes that are `waiting`, of the first ones where there are not enough. The caller holds the
    storage lock, and has told Optuna of all trials that have ended.
    """
    specs = _open_trials(search) if waiting else []
    if len(specs) < len(waiting):
        specs += _more(search, len(waiting) - len(specs), trials)
    given = dict(zip(waiting, specs, strict=False))
    for lane, spec in given.items():
        _start(search.study, lane, spec)
    return {lane: spec.number for lane, spec in given.items()}


def _open_trials(search: StoredStudy) -> list[TrialSpec]:
    """Trials that were asked for, have not ended, and are in no lane."""
    study, paths = search.study, search.study.paths
    taken = lane_of_trial(paths)
    proposals = [
        one for one in search.running() if one.number not in taken and not paths.trial(one.number).result.exists()
    ]
    if not proposals:
        return []
    return [
        read_spec(paths.trial(spec.number)) if paths.trial(spec.number).spec.exists() else spec
        for spec in trial_specs(study, proposals, search.cutoffs(), search.peak_usage())
    ]


def _more(search: StoredStudy, count: int, trials: int) -> list[TrialSpec]:
    """New trials, as many as are wanted and left."""
    count = min(count, trials - search.count())
    if count <= 0 or check_limits(search.study, search):
        return []
    return trial_specs(search.study, search.add(count), search.cutoffs(), search.peak_usage())


def _start(study: Study, lane: str, spec: TrialSpec) -> None:
    """Write all that the lane's node needs; the lane has the trial when the last file is there."""
    paths = study.paths
    write_trial(study, paths.trial(spec.number), spec)
    description = paths.submit.read_text(encoding="utf-8")
    write_text(paths.lane_submit(lane), lane_description(lane, spec, description))
    set_trial(paths, lane, spec.number)
