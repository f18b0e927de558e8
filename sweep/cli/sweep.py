"""`sweep doctor`, `launch`, `stop`, `repair`, `adopt` and `confirm`: the sweep of a study on HTCondor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sweep.cli.options import StudyName, Watch
from sweep.console import say, wait
from sweep.units import counted

if TYPE_CHECKING:
    from sweep.control.launch import LaunchResult
    from sweep.study.study import Study


def doctor(name: StudyName = None) -> None:
    """Check this machine, the study and its jobs before you launch. Without a study, check this machine alone."""
    from sweep.doctor.checks import all_checks
    from sweep.doctor.show import show_findings
    from sweep.paths import CURRENT
    from sweep.study.study import open_current

    study = open_current(name) if name is not None or CURRENT.exists() else None
    if show_findings(all_checks(study)):
        raise typer.Exit(1)


def launch(
    generations: Annotated[
        int, typer.Option(min=1, max=10_000, help="Number of generations of the study in total, old ones included.")
    ],
    lanes: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=10_000,
            help="Number of trials to run in parallel, without waiting for a generation to end.",
        ),
    ] = None,
    watch: Watch = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Submit nothing. Show what would be submitted, and write its files.")
    ] = False,
    name: StudyName = None,
) -> None:
    """Submit the sweep to HTCondor and return. You may log out."""
    from sweep.control.dry_run import dry_run as describe_launch
    from sweep.monitor.early_end import early_end
    from sweep.monitor.follow import follow_sweep
    from sweep.study.commands import command_line
    from sweep.study.study import open_current

    study = open_current(name)
    if dry_run:
        for line in describe_launch(study, generations, lanes):
            say(line)
        return
    last_end = early_end(study.paths)
    launched = _launch(study, generations, lanes)
    for line in _launch_lines(study, launched, generations, name, last_end):
        say(line)
    if launched.cluster is None:
        return
    if not watch:
        say(f"To follow the sweep, run: {command_line('status --watch', name)}")
        say(f"To see the leaderboard, run: {command_line('report', name)}")
    else:
        follow_sweep(study, launched.generations)
    if generations > launched.generations:
        in_lanes = f" --lanes {lanes}" if lanes else ""
        again = command_line(f"launch --generations {generations}{in_lanes}", name)
        when = "To run more" if watch else "When it has ended"
        say(f"This sweep has {counted(launched.generations, 'generation')}. {when}, run: {again}")


def _launch(study: Study, generations: int, lanes: int | None) -> LaunchResult:
    """Submit the sweep. If that dies of an error that nobody foresaw, note the error for `sweep status`."""
    from sweep.control.launch import launch_sweep
    from sweep.errors import SweepError
    from sweep.monitor.early_end import note_failed_launch

    try:
        launched = launch_sweep(study, generations, lanes, say)
    except SweepError:
        raise
    except Exception as error:
        note_failed_launch(study.paths, error)
        raise
    study.paths.launch_failed.unlink(missing_ok=True)
    return launched


def _launch_lines(study: Study, launched: LaunchResult, generations: int, name: str | None, last_end: str) -> list[str]:
    """Return what `sweep launch` did, as lines to print. `last_end` is why the launch before ended early."""
    from sweep.control.software import container_note
    from sweep.monitor.progress import STOPPED_BY_USER
    from sweep.study.commands import command_line
    from sweep.study.site_rules import site_messages

    title, report = study.config.study.name, command_line("report", name)
    if launched.ended:
        return [f"The study {title} has ended: {launched.ended}. Nothing was submitted. Next: {report}"]
    if launched.cluster is None:
        return [f"The study {title} has its {counted(generations, 'generation')}: nothing to do. Next: {report}"]
    if launched.was_running:
        refreshed = " Its scripts now use this Python and this sweep." if launched.refreshed else ""
        return [
            f"The sweep {title} is running already, as cluster {launched.cluster}. Nothing was submitted.{refreshed}"
        ]
    before = f"The last launch ended early: {last_end}" if last_end not in ("", STOPPED_BY_USER) else ""
    notes = [before, *site_messages(study), container_note(study)]
    submitted = f"Submitted the sweep {title} as cluster {launched.cluster}. You may log out."
    return [submitted, *(note for note in notes if note)]


def stop(
    now: Annotated[
        bool, typer.Option("--now", help="Remove the jobs at once. They lose the work since their last checkpoint.")
    ] = False,
    name: StudyName = None,
) -> None:
    """Stop the sweep. Running trials first save a checkpoint, and `sweep launch` resumes them."""
    from sweep.control.stop import stop_sweep
    from sweep.study.commands import resume_command
    from sweep.study.study import open_current

    study = open_current(name)
    with wait("stopping") as progress:
        stopped = stop_sweep(study, now=now, say=progress)
    if stopped:
        say(f"Stopped. To resume, run: {resume_command(study, name)}")
    else:
        say(f"The sweep {study.config.study.name} is not running.")


def repair(name: StudyName = None) -> None:
    """Rebuild the Optuna storage from the trials' own files, and show what differed."""
    from sweep.control.repair import repair_storage
    from sweep.optimizer.storages import replaced_storage
    from sweep.study.study import open_current

    study = open_current(name)
    with wait("repairing") as progress:
        different = repair_storage(study, progress)
    for line in different:
        say(line)
    if not different:
        say("The storage agrees with the trials' files: nothing to repair.")
        return
    say(f"Rebuilt {study.storage_place}.")
    if study.storage_file and (replaced := replaced_storage(study.storage_file)).exists():
        say(f"The old storage is {replaced}.")


def adopt(name: StudyName = None) -> None:
    """Make a copied study a study of its own, with an id and a storage that the original does not have."""
    from sweep.control.adopt import adopt as adopt_copy
    from sweep.study.commands import next_launch
    from sweep.study.study import open_current

    with wait("adopting") as progress:
        study, different = adopt_copy(open_current(name), progress)
    for line in different:
        say(line)
    say(f"The study in {study.paths.root} is a study of its own now, {study.id}. Next: {next_launch(study)}")


def confirm(
    top: Annotated[int, typer.Option(min=1, max=1000, help="Number of best trials to train again.")] = 5,
    seeds: Annotated[int, typer.Option(min=1, max=1000, help="Number of new seeds for each of them.")] = 5,
    watch: Watch = False,
    name: StudyName = None,
) -> None:
    """Train the best trials again with new seeds, and score them on the test set."""
    from sweep.control.confirm import LANES, prepare_confirmation
    from sweep.control.launch import launch_sweep
    from sweep.monitor.follow import follow_sweep
    from sweep.results.report import collect_report
    from sweep.study.commands import command_line
    from sweep.study.study import open_current

    study = open_current(name)
    with wait("confirming") as progress:
        confirmation, count = prepare_confirmation(study, collect_report(study), top, seeds, progress)
    launched = launch_sweep(confirmation, count, min(count, LANES), say)
    title, report = confirmation.config.study.name, command_line("report", name)
    if launched.cluster is None:
        say(f"{title} has its {count} trials: nothing to do. Next: {report}")
        return
    if launched.was_running:
        again = command_line(f"confirm --top {top} --seeds {seeds}", name)
        say(f"{title} is running already, as cluster {launched.cluster}. When it has ended, run: {again}")
    else:
        say(f"Submitted {title}, {count} trials, as cluster {launched.cluster}. You may log out.")
        say(f"To follow it, run: {command_line('status --watch', title)}")
        say(f"To see its results, run: {report}")
    if watch:
        follow_sweep(confirmation, launched.generations)
