"""Between two slices of a trial: asks the study's pruner, and gives the next slice the latest cut-offs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sweep.nodes.tell import tell_pending
from sweep.system.files import write_json
from sweep.trial.judge import Verdict
from sweep.trial.reports import Reports
from sweep.trial.spec import TrialSpec

if TYPE_CHECKING:
    from sweep.optimizer.stored_study import StoredStudy


def ask_pruner(stored: StoredStudy, spec: TrialSpec, reports: Reports, verdict: Verdict) -> Verdict:
    """Return the verdict on a slice: as it is, or `pruned`. The caller holds the storage lock."""
    if not _has_pruner(stored):
        return verdict
    tell_pending(stored.study.paths, stored)
    if not stored.should_prune(spec.number, reports.intermediate(spec)):
        return verdict
    reason = f"{stored.study.config.pruner.name} pruned it at step {verdict.steps}"
    return replace(verdict, kind="pruned", reason=reason)


def write_next_slice(stored: StoredStudy, spec: TrialSpec, reports: Reports) -> None:
    """Write the trial.json of the next slice: the step it starts from, and the cut-offs from all results so far."""
    spec = replace(spec, step=reports.last_step)
    if _has_pruner(stored):
        spec = replace(spec, cutoffs=stored.cutoffs(), sampler=stored.sampler_attributes(spec.number))
    write_json(stored.study.paths.trial(spec.number).spec, spec.to_json())


def _has_pruner(stored: StoredStudy) -> bool:
    # Imported here, because the server of POST scripts loads this module before it has site-packages.
    from sweep.config import pruners

    return stored.study.config.pruner.name != pruners.NONE
