"""What a launch would submit, without submitting it: numbers, an estimate, and the files for reading."""

from __future__ import annotations

from dataclasses import dataclass

from sweep import tryout, workflow
from sweep.files import write_text
from sweep.launch import finished_generations, workflow_texts
from sweep.propose import specs
from sweep.records import read_result
from sweep.search import Search
from sweep.study import Study
from sweep.summary import requests


@dataclass(frozen=True)
class Pace:
    """Seconds of an epoch, and epochs of a trial; where they were measured."""

    seconds: float
    epochs: float
    source: str


def dry_run(study: Study, generations: int, lanes: int | None = None) -> list[str]:
    """Lines to print. Writes the DAGs and the submit description to dry-run/, which nothing else reads.

    Raises StudyError when the trials could not run here.
    """
    section, lanes = study.config.study, lanes or study.config.study.lanes_wanted
    done = finished_generations(study.paths, section.trials_per_generation)
    folder = study.paths.root / "dry-run"
    for name, text in workflow_texts(study, generations, done, lanes).items():
        write_text(folder / name, text)
    # The first generation as it is, or was, proposed: in memory, so that nothing is asked yet.
    trials = specs(study, Search.in_memory(study).propose(0), {})
    first = workflow.generation_dag(study.id, section.name, 0, trials, set(), workflow.most_runs(study.config))
    write_text(folder / study.paths.generation_dag(0).name, first)
    left = generations * section.trials_per_generation - ended(study)
    return [
        f"{generations} generations of {section.trials_per_generation} trials: "
        f"{generations * section.trials_per_generation} trials, of which {ended(study)} have ended.",
        f"To submit: {max(0, left)} jobs of trials, and {1 if lanes else 1 + generations - len(done)} of DAGMan, "
        f"at most {lanes or section.trials_per_generation} trials at a time.",
        f"Each job asks for: {requests(study)}",
        estimate(study, max(0, left)),
        f"Nothing was submitted. For reading: {folder}",
    ]


def ended(study: Study) -> int:
    return sum(study.paths.trial(number).result.exists() for number in study.paths.trial_numbers())


def estimate(study: Study, trials: int) -> str:
    """Slot hours of so many trials, by what trials of this study took so far."""
    measured = pace(study)
    if measured is None:
        return "How long they take is known after a `sweep try`, or when the first trials have ended: type this again."
    return (
        f"About {trials * measured.epochs * measured.seconds / 3600:.3g} slot hours: {trials} trials of "
        f"{measured.epochs:g} epochs, {measured.seconds:.3g} s each {measured.source}."
    )


def pace(study: Study) -> Pace | None:
    """How long trials of this study take, None where that is not known."""
    results = [read_result(study.paths.trial(number)) for number in study.paths.trial_numbers()]
    took = [(result.duration_s, result.steps) for result in results if result and result.steps and result.duration_s]
    tried = tryout.last(study)
    if took:
        each = sum(seconds for seconds, _ in took) / sum(steps for _, steps in took)
        epochs = study.config.trainer.epochs or sum(steps for _, steps in took) / len(took)
        return Pace(each, epochs, f"in the {len(took)} trials that ended")
    if tried and tried.epoch_seconds and study.config.trainer.epochs:
        return Pace(tried.epoch_seconds, study.config.trainer.epochs, "in `sweep try`, on this machine")
    return None
