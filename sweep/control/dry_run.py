"""Shows what a launch would submit, without submitting it: numbers, an estimate of slot hours, and the files."""

from __future__ import annotations

from sweep.control.dag_folder import dag_to_submit, study_submit_description
from sweep.nodes.trial_folder import trial_specs
from sweep.optimizer.stored_study import StoredStudy
from sweep.study.commands import command_line
from sweep.study.generation_plan import study_plan
from sweep.study.measured import measured_pace
from sweep.study.site_rules import site_messages
from sweep.study.study import Study
from sweep.study.summary import requests
from sweep.system.files import write_text
from sweep.units import counted
from sweep.workflow.dag import generation_dag, max_retries


def dry_run(study: Study, generations: int, lanes: int | None = None) -> list[str]:
    """Write the DAGs and the submit description of a launch to dry-run/, and return lines to print.

    Nothing else reads dry-run/. Raises StudyError if the trials could not run here.
    """
    section, lanes = study.config.study, lanes or study.config.study.lanes_wanted
    plan = study_plan(study.paths, generations, section.trials_per_generation)
    folder = study.paths.dry_run
    write_text(folder / study.paths.submit.name, study_submit_description(study))
    write_text(folder / study.paths.outer_dag.name, dag_to_submit(study, plan, lanes))
    # Proposed in memory, so that the storage gets no trial.
    trials = trial_specs(study, StoredStudy.in_memory(study).propose(0), {})
    first = generation_dag(study.id, section.name, 0, trials, set(), max_retries(study.config))
    write_text(folder / study.paths.generation_dag(0).name, first)
    total, ended = generations * section.trials_per_generation, len(study.paths.ended_trials())
    left = max(0, total - ended)
    dagmans = 1 if lanes else 1 + plan.nodes - len(plan.done)
    return [
        f"{counted(generations, 'generation')} of {counted(section.trials_per_generation, 'trial')}: "
        f"{counted(total, 'trial')}, of which {ended} have ended.",
        f"To submit: {counted(left, 'job')} of trials, and {dagmans} of DAGMan. "
        f"The sweep runs at most {counted(lanes or section.trials_per_generation, 'trial')} in parallel.",
        f"Each job requests: {requests(study)}",
        estimate_slot_hours(study, left),
        *site_messages(study),
        f"Nothing was submitted. The files are in {folder}",
    ]


def estimate_slot_hours(study: Study, trials: int) -> str:
    """Return an estimate of the slot hours of this many trials, from what has been measured so far."""
    pace = measured_pace(study)
    if pace is None and not study.config.trainer.epochs:
        return "Slot hours are unknown until a trial has ended."
    if pace is None:
        return (
            "Slot hours are unknown: no trial has ended, and none was measured. "
            f"To measure one, run: {command_line('try', study.config.study.name)}"
        )
    return (
        f"About {trials * pace.epochs * pace.seconds / 3600:.3g} slot hours: {counted(trials, 'trial')} of "
        f"{counted(pace.epochs, 'epoch')}, {pace.seconds:.3g} s each {pace.source}."
    )
