"""Between two slices of a trial: the study's own pruner is asked, and the next slice is given the latest cut-offs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sweep.config import pruners
from sweep.nodes.tell import tell_pending
from sweep.system.files import write_json
from sweep.trial.files import read_metrics, read_spec
from sweep.trial.judge import Verdict
from sweep.trial.reports import intermediate, reports
from sweep.trial.spec import TrialSpec

if TYPE_CHECKING:
    from sweep.optimizer.stored_study import StoredStudy


def ask_pruner(search: StoredStudy, spec: TrialSpec, verdict: Verdict) -> Verdict:
    """The verdict on a slice: as it is, or `pruned`. The caller holds the storage lock."""
    paths, pruner = search.study.paths, search.study.config.pruner.name
    if pruner == pruners.NONE:
        return verdict
    tell_pending(paths, search)
    if not search.is_to_be_pruned(spec.number, intermediate(spec, read_metrics(paths.trial(spec.number), spec))):
        return verdict
    return replace(verdict, kind="pruned", reason=f"{pruner} pruned it at step {verdict.steps}")


def write_next_slice(search: StoredStudy, number: int) -> None:
    """Write the trial.json of the next slice: from which step it goes, and the cut-offs by all results there are."""
    files = search.study.paths.trial(number)
    spec = read_spec(files)
    reported, _ = reports(spec, read_metrics(files, spec))
    spec = replace(spec, step=max(reported, default=0))
    if search.study.config.pruner.name != pruners.NONE:
        spec = replace(spec, cutoffs=search.cutoffs(), sampler=search.kept(number))
    write_json(files.spec, spec.to_json())
