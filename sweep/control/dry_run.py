"""What a launch would submit, without submitting it: numbers, an estimate, and the files for reading."""

from __future__ import annotations

from sweep.control.dag_folder import dag_to_submit, study_submit_description
from sweep.control.launch import finished_generations
from sweep.nodes.trial_folder import trial_specs
from sweep.optimizer.stored_study import StoredStudy
from sweep.study.measured import measured_pace
from sweep.study.site_rules import site_messages
from sweep.study.study import Study
from sweep.study.summary import requests
from sweep.system.files import write_text
from sweep.workflow.dag import generation_dag, most_runs


def dry_run(study: Study, generations: int, lanes: int | None = None) -> list[str]:
    """Lines to print. Writes the DAGs and the submit description to dry-run/, which nothing else reads.

    Raises StudyError when the trials could not run here.
    """
    section, lanes = study.config.study, lanes or study.config.study.lanes_wanted
    done = finished_generations(study.paths, section.trials_per_generation)
    folder = study.paths.dry_run
    write_text(folder / study.paths.submit.name, study_submit_description(study))
    write_text(folder / study.paths.outer_dag.name, dag_to_submit(study, generations, done, lanes))
    # The first generation as it is, or was, proposed: in memory, so that nothing is asked yet.
    trials = trial_specs(study, StoredStudy.in_memory(study).propose(0), {})
    first = generation_dag(study.id, section.name, 0, trials, set(), most_runs(study.config))
    write_text(folder / study.paths.generation_dag(0).name, first)
    left = generations * section.trials_per_generation - len(study.paths.ended_trials())
    return [
        f"{generations} generations of {section.trials_per_generation} trials: "
        f"{generations * section.trials_per_generation} trials, of which {len(study.paths.ended_trials())} have ended.",
        f"To submit: {max(0, left)} jobs of trials, and {1 if lanes else 1 + generations - len(done)} of DAGMan, "
        f"at most {lanes or section.trials_per_generation} trials at a time.",
        f"Each job asks for: {requests(study)}",
        estimate_slot_hours(study, max(0, left)),
        *site_messages(study),
        f"Nothing was submitted. For reading: {folder}",
    ]


def estimate_slot_hours(study: Study, trials: int) -> str:
    """Slot hours of so many trials, by what trials of this study took so far."""
    pace = measured_pace(study)
    if pace is None:
        return "How long they take is known after a `sweep try`, or when the first trials have ended: type this again."
    return (
        f"About {trials * pace.epochs * pace.seconds / 3600:.3g} slot hours: {trials} trials of {pace.epochs:g} "
        f"epochs, {pace.seconds:.3g} s each {pace.source}."
    )
