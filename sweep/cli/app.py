"""The command line: each command parses, calls, prints. Heavy packages are imported inside the commands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sweep import __version__
from sweep.cli import export, pool, results
from sweep.console import Name, say, wait

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _show_version(wanted: bool) -> None:
    if wanted:
        say(f"sweep {__version__}")
        raise typer.Exit


@app.callback()
def main(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Hyperparameter and architecture search on HTCondor. Submit, log out, come back to a leaderboard."""


app.add_typer(pool.app, name="pool")


@app.command()
def init(
    file: Annotated[
        Path | None, typer.Argument(help="Study file; without one a quickstart study.toml is written.")
    ] = None,
    other: Annotated[
        str | None, typer.Option("--from", help="Name of another study, whose best trials are to be tried first.")
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="How many of them.")] = 10,
) -> None:
    """Check a study file and make its folder, runs/STUDY; a changed file is taken up."""
    from sweep.control.dag_folder import refresh_submit_description
    from sweep.control.initialise import initialise
    from sweep.study import quickstart
    from sweep.study.site_rules import site_messages
    from sweep.study.study import open_current
    from sweep.study.summary import summary

    if file is None:
        file = quickstart.write_quickstart(Path("study.toml"))
        say(f"wrote {file}: a study to start from")
    with wait("initialising") as progress:
        there, state = initialise(file, progress)
        refresh_submit_description(there)
    for line in summary(there):
        say(line)
    for line in site_messages(there):
        say(line)
    if other is not None:
        from sweep.control.warm_start import queue_best_trials
        from sweep.results.report import collect_report

        count = queue_best_trials(there, collect_report(open_current(other)), top)
        say(f"{count} of the best trials of {other} are to be tried first.")
    say(f"The study {there.config.study.name} {state} in {there.paths.root}. Next: sweep launch --generations 5")


@app.command()
def enqueue(
    values: Annotated[list[str], typer.Argument(help="NAME=VALUE …; what is not named is left to the sampler.")],
    name: Name = None,
) -> None:
    """Have a configuration tried next."""
    from uuid import uuid4

    from sweep.study import enqueued as enqueuing
    from sweep.study.enqueued import parse_assignments
    from sweep.study.study import open_current

    there = open_current(name)
    params = parse_assignments(values)
    enqueuing.queue_configuration(there, uuid4().hex, params)
    say("It is tried by the next trial that is proposed.")


@app.command("try")
def try_(
    values: Annotated[
        list[str] | None, typer.Argument(help="NAME=VALUE …; what is not named is as in the first trial.")
    ] = None,
    epochs: Annotated[int, typer.Option(min=1, help="Epochs to train.")] = 1,
    fraction: Annotated[
        float | None, typer.Option(min=1e-4, max=1, help="Share of the training images.", show_default="0.05")
    ] = None,
    name: Name = None,
) -> None:
    """Run one trial here and now, without HTCondor, and say what a job would need."""
    from sweep.control.try_out import try_out, try_out_lines
    from sweep.study.enqueued import parse_assignments
    from sweep.study.study import open_current

    there = open_current(name)
    if fraction is None and not there.config.trainer.command:
        fraction = 0.05
    tried = try_out(there, parse_assignments(values or []), epochs, fraction, say)
    for line in try_out_lines(there, tried):
        say(line)


@app.command()
def doctor(name: Name = None) -> None:
    """Check the machine, the study and its jobs before a night in the queue; without a study the machine alone."""
    from sweep.doctor.checks import all_checks
    from sweep.doctor.show import show_findings
    from sweep.paths import CURRENT
    from sweep.study.study import open_current

    there = open_current(name) if name is not None or CURRENT.exists() else None
    if show_findings(all_checks(there)):
        raise typer.Exit(1)


@app.command()
def launch(
    generations: Annotated[int, typer.Option(min=1, max=10_000, help="Generations that the study is to have in all.")],
    lanes: Annotated[
        int | None,
        typer.Option(min=1, max=10_000, help="Run so many trials side by side, with no barrier between generations."),
    ] = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Follow the sweep until it ends; Ctrl-C leaves it running.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Submit nothing: say what would be, and write the files for reading.")
    ] = False,
    name: Name = None,
) -> None:
    """Submit the sweep to HTCondor; you may log out."""
    from sweep.control import launch as launching
    from sweep.control.software import container_note
    from sweep.study.site_rules import site_messages
    from sweep.study.study import open_current

    there = open_current(name)
    if dry_run:
        from sweep.control.dry_run import dry_run as look

        for line in look(there, generations, lanes):
            say(line)
        return
    launched = launching.launch_sweep(there, generations, lanes)
    title = there.config.study.name
    if launched.ended:
        say(f"The study {title} has ended: {launched.ended}. Nothing was submitted. Next: sweep report")
        return
    if launched.cluster is None:
        say(f"The study {title} has its {generations} generations: nothing to do. Next: sweep report")
        return
    if launched.was_running:
        say(f"The sweep {title} is running already, as cluster {launched.cluster}: nothing was submitted.")
        if generations > launched.generations:
            say(f"It has {launched.generations} generations; type this again when it has ended.")
    else:
        say(f"Submitted the sweep {title} as cluster {launched.cluster}. You may log out; it goes on by itself.")
        for note in [*site_messages(there), container_note(there)]:
            if note:
                say(note)
    if not watch:
        say("Next: sweep report for the leaderboard; the same command with --watch to follow it.")
        return
    from sweep.monitor.follow import follow_sweep

    follow_sweep(there, launched.generations)
    if generations > launched.generations:
        say(f"It had {launched.generations} generations. For more: sweep launch --generations {generations}")


app.command()(results.status)


app.command()(results.logs)


app.command()(results.report)


app.command()(results.dashboard)


app.command()(results.confirm)


app.command()(results.best)


app.command()(results.ensemble)


app.command()(export.sync)


app.command()(export.container)


@app.command()
def stop(
    now: Annotated[
        bool, typer.Option("--now", help="Remove the jobs at once; work since their last checkpoint is lost.")
    ] = False,
    name: Name = None,
) -> None:
    """Stop the sweep so that it can go on: trials checkpoint first, and none is lost."""
    from sweep.control import stop as stopping
    from sweep.study.study import open_current

    there = open_current(name)
    with wait("stopping") as progress:
        stopped = stopping.stop_sweep(there, now=now, say=progress)
    title = there.config.study.name
    say(f"The sweep {title} is stopped. To go on: sweep launch" if stopped else f"The sweep {title} is not running.")


@app.command()
def repair(name: Name = None) -> None:
    """Make the Optuna storage anew from the trials' own files, and say what differed."""
    from sweep.control import repair as repairing
    from sweep.study.study import open_current

    there = open_current(name)
    with wait("repairing") as progress:
        different = repairing.repair_storage(there, progress)
    for line in different:
        say(line)
    if different:
        kept = "; the file that was there is kept beside it, as .before-repair." if there.storage_file else "."
        say(f"Made {there.storage_place} anew{kept}")
    else:
        say("The storage agrees with the trials' files: nothing to repair.")


@app.command()
def data(
    dataset: Annotated[str, typer.Argument(help="fashion-mnist: 70,000 photos of clothing, 31 MB.")],
) -> None:
    """Fetch a data set into your cache, from its Debian package; needs no root."""
    from sweep.config.trainer import FASHION_MNIST
    from sweep.errors import DataError
    from sweep.study import datasets

    if dataset != FASHION_MNIST:
        raise DataError(f"unknown data set {dataset!r}", f"Known is {FASHION_MNIST}.")
    with wait("fetching") as progress:
        folder = datasets.fetch_fashion_mnist(progress)
    say(f"{FASHION_MNIST} is in {folder}")
