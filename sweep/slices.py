"""Between two slices of a trial: the study's own pruner is asked, and the next slice is given the latest cut-offs."""

from __future__ import annotations

from dataclasses import replace

from sweep import harvest, pruners
from sweep.files import locked, write_json
from sweep.paths import StudyPaths
from sweep.records import read_metrics, read_spec
from sweep.search import Search
from sweep.study import load
from sweep.trial import TrialSpec, Verdict, intermediate, reports


def ask_pruner(paths: StudyPaths, spec: TrialSpec, verdict: Verdict) -> Verdict:
    """The verdict on a slice: as it is, or `pruned`. Raises StorageError where the storage is not to be had."""
    study = load(paths)
    if study.config.pruner.name == pruners.NONE:
        return verdict
    values = intermediate(spec, read_metrics(paths.trial(spec.number), spec))
    with locked(paths.storage_lock, wait=True):
        search = Search.open(study, writing=True)
        harvest.tell_pending(paths, search)
        if not search.is_to_be_pruned(spec.number, values):
            return verdict
    return replace(verdict, kind="pruned", reason=f"{study.config.pruner.name} pruned it at step {verdict.steps}")


def go_on(paths: StudyPaths, number: int) -> None:
    """Write the trial.json of the next slice: from which step it goes, and the cut-offs by all results there are."""
    study, files = load(paths), paths.trial(number)
    spec = read_spec(files)
    reported, _ = reports(spec, read_metrics(files, spec))
    spec = replace(spec, step=max(reported, default=0))
    if study.config.pruner.name != pruners.NONE:
        with locked(paths.storage_lock, wait=True):
            search = Search.open(study, writing=True)
            spec = replace(spec, cutoffs=search.cutoffs(), sampler=search.kept(number))
    write_json(files.spec, spec.to_json())
