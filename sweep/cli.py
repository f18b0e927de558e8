"""The command line: each command parses, calls, prints. Heavy packages are imported inside the commands."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from sweep import __version__, cli_pool
from sweep.cli_output import console, say, wait

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


app.add_typer(cli_pool.app, name="pool")

Name = Annotated[str | None, typer.Option("--study", help="Name of the study; else the one initialised last.")]


class StatusFormat(StrEnum):
    """Forms of where a sweep stands."""

    TEXT = "text"
    JSON = "json"


class Format(StrEnum):
    """Forms of the leaderboard."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    MARKDOWN = "markdown"


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
    from sweep import quickstart, study
    from sweep.launch import refresh
    from sweep.summary import summary

    if file is None:
        file = quickstart.write(Path("study.toml"))
        say(f"wrote {file}: a study to start from")
    with wait("initialising") as progress:
        there, state = study.initialise(file, progress)
        refresh(there)
    for line in summary(there):
        say(line)
    if other is not None:
        from sweep import enqueue, report

        count = enqueue.enqueue_best(there, report.collect(study.current(other)), top)
        say(f"{count} of the best trials of {other} are to be tried first.")
    say(f"The study {there.config.study.name} {state} in {there.paths.root}. Next: sweep launch --generations 5")


@app.command()
def enqueue(
    values: Annotated[list[str], typer.Argument(help="NAME=VALUE …; what is not named is left to the sampler.")],
    name: Name = None,
) -> None:
    """Have a configuration tried next."""
    from uuid import uuid4

    from sweep import enqueue as enqueuing
    from sweep import study

    there = study.current(name)
    params = enqueuing.parse(values)
    enqueuing.enqueue(there, uuid4().hex, params)
    say("It is tried by the next trial that is proposed.")


@app.command("try")
def try_(
    values: Annotated[
        list[str] | None, typer.Argument(help="NAME=VALUE …; what is not named is as in the first trial.")
    ] = None,
    params: Annotated[list[str] | None, typer.Option("--params", metavar="NAME=VALUE", help="The same.")] = None,
    epochs: Annotated[int, typer.Option(min=1, help="Epochs to train.")] = 1,
    fraction: Annotated[
        float | None, typer.Option(min=1e-4, max=1, help="Share of the training images.", show_default="0.05")
    ] = None,
    name: Name = None,
) -> None:
    """Run one trial here and now, without HTCondor, and say what a job would need."""
    from sweep import enqueue as enqueuing
    from sweep import study, tryout

    there = study.current(name)
    if fraction is None and not there.config.trainer.command:
        fraction = 0.05
    tried = tryout.try_out(there, enqueuing.parse([*(params or []), *(values or [])]), epochs, fraction, say)
    for line in tryout.lines(there, tried):
        say(line)


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
    from sweep import launch as launching
    from sweep import study

    there = study.current(name)
    if dry_run:
        from sweep.dryrun import dry_run as look

        for line in look(there, generations, lanes):
            say(line)
        return
    launched = launching.launch(there, generations, lanes)
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
        if note := launching.python_note(there):
            say(note)
    if not watch:
        say("Next: sweep report for the leaderboard; the same command with --watch to follow it.")
        return
    from sweep.watch import follow

    follow(there, launched.generations)
    if generations > launched.generations:
        say(f"It had {launched.generations} generations. For more: sweep launch --generations {generations}")


@app.command()
def report(
    top: Annotated[int | None, typer.Option(min=1, help="Show this many trials; JSON has all.")] = None,
    form: Annotated[Format, typer.Option("--format", help="Form of the leaderboard.")] = Format.TABLE,
    accounting: Annotated[
        bool, typer.Option("--accounting", help="Show what it has cost instead: slot hours, and what jobs used.")
    ] = False,
    html: Annotated[
        Path | None, typer.Option(help="Write a page with figures instead, one file to send around.", metavar="FILE")
    ] = None,
    plots: Annotated[Path | None, typer.Option(help="Write the figures as PNG instead.", metavar="DIR")] = None,
    data: Annotated[
        Path | None, typer.Option(help="Write trials, curves and runs as CSV and Parquet instead.", metavar="DIR")
    ] = None,
    name: Name = None,
) -> None:
    """Show the leaderboard, also while the sweep runs."""
    from sweep import report as reporting
    from sweep import study

    of = study.current(name)
    if html or plots or data:
        from sweep.page.files import write

        for line in write(of, html, plots, data):
            say(line)
        return
    there = reporting.collect(of)
    if accounting:
        from sweep import accounting as costs

        for part in costs.as_tables(costs.collect(of, there)):
            console.print(part)
        return
    match form:
        case Format.JSON:
            print(reporting.as_json(there))
        case Format.CSV:
            print(reporting.as_csv(there, top), end="")
        case Format.MARKDOWN:
            print(reporting.as_markdown(there, top), end="")
        case Format.TABLE:
            for part in reporting.as_table(there, top or 20, console.width):
                console.print(part)


@app.command()
def status(
    watch: Annotated[
        bool, typer.Option("--watch", help="Follow the sweep until it ends; Ctrl-C leaves it running.")
    ] = False,
    form: Annotated[StatusFormat, typer.Option("--format", help="Form of what is told.")] = StatusFormat.TEXT,
    name: Name = None,
) -> None:
    """Show where the sweep stands, what is held, and what to do about it.

    Exit status: 0 finished, 10 running, 11 held, 3 neither running nor finished.
    """
    from sweep import screen, study
    from sweep import status as standing

    there = study.current(name)
    progress = standing.status(there)
    if form == StatusFormat.JSON:
        print(screen.as_json(there, progress))
    elif watch and progress.outer:
        from sweep.watch import follow

        progress = follow(there, len(progress.generations))
    else:
        for line in screen.lines(there, progress):
            say(line)
    raise typer.Exit(standing.EXIT_STATUS[progress.state])


@app.command()
def logs(
    trial: Annotated[int, typer.Argument(help="Number of the trial, as the leaderboard has it.")],
    follow: Annotated[bool, typer.Option("--follow", help="Go on until the trial has ended, or Ctrl-C.")] = False,
    name: Name = None,
) -> None:
    """Show what a trial has printed, and HTCondor's events, of all its jobs in order."""
    from sweep import study
    from sweep.logs import follow as following
    from sweep.logs import show

    there = study.current(name)
    (following if follow else show)(there, trial, say)


@app.command()
def dashboard(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on this machine.")] = 8080,
    name: Name = None,
) -> None:
    """Serve optuna-dashboard for this study, on this machine alone, until Ctrl-C."""
    from sweep import dashboard as serving
    from sweep import study

    serving.serve(study.current(name), port, say)


@app.command()
def stop(
    now: Annotated[
        bool, typer.Option("--now", help="Remove the jobs at once; work since their last checkpoint is lost.")
    ] = False,
    name: Name = None,
) -> None:
    """Stop the sweep so that it can go on: trials checkpoint first, and none is lost."""
    from sweep import stop as stopping
    from sweep import study

    there = study.current(name)
    with wait("stopping") as progress:
        stopped = stopping.stop(there, now=now, say=progress)
    title = there.config.study.name
    say(f"The sweep {title} is stopped. To go on: sweep launch" if stopped else f"The sweep {title} is not running.")


@app.command()
def confirm(
    top: Annotated[int, typer.Option(min=1, max=1000, help="How many of the best trials.")] = 5,
    seeds: Annotated[int, typer.Option(min=1, max=1000, help="How often to train each again.")] = 5,
    watch: Annotated[
        bool, typer.Option("--watch", help="Follow the sweep until it ends; Ctrl-C leaves it running.")
    ] = False,
    name: Name = None,
) -> None:
    """Train the best trials again with fresh seeds, and score them on the test set."""
    from sweep import confirm as confirming
    from sweep import launch as launching
    from sweep import report, study

    there = study.current(name)
    with wait("confirming") as progress:
        confirmation, count = confirming.prepare(there, report.collect(there), top, seeds, progress)
    launched = launching.launch(confirmation, count, min(count, confirming.LANES))
    title = confirmation.config.study.name
    if launched.cluster is None:
        say(f"{title} has its {count} trials: nothing to do. Next: sweep report")
    elif launched.was_running:
        say(f"{title} is running already, as cluster {launched.cluster}: type it again when it has ended.")
    else:
        say(f"Submitted {title}, {count} trials, as cluster {launched.cluster}. You may log out.")
        say(f"Next: sweep report, which has what it found; sweep status --watch --study {title}")
    if watch and launched.cluster is not None:
        from sweep.watch import follow

        follow(confirmation, launched.generations)


@app.command()
def best(
    trial: Annotated[int | None, typer.Option(min=0, help="Another trial than the best.")] = None,
    export: Annotated[
        Path | None, typer.Option(help="Copy model, code and a model card into this folder.", metavar="DIR")
    ] = None,
    name: Name = None,
) -> None:
    """Print the winning parameters as TOML; export the model with all that belongs to it."""
    from sweep import best as winning
    from sweep import report, study

    there = study.current(name)
    collected = report.collect(there)
    found = winning.find(collected, trial)
    if export is None:
        print(winning.toml(collected, found), end="")
        return
    lines = winning.export(there, collected, found, export)
    say(f"Trial {found['number']} is in {export}, its model card in {export / 'README.md'}. There you may type:")
    for line in lines:
        say(f"    {line}")


@app.command()
def ensemble(
    top: Annotated[int, typer.Option(min=2, max=100, help="How many of the best trials.")] = 5,
    name: Name = None,
) -> None:
    """Score the averaged predictions of the best trials on the test set; computes here, with torch."""
    from sweep import ensemble as averaging
    from sweep import report, study

    there = study.current(name)
    with wait("predicting"):
        scores = averaging.score(there, report.collect(there), top)
    console.print(averaging.table(scores))


@app.command()
def repair(name: Name = None) -> None:
    """Make the Optuna storage anew from the trials' own files, and say what differed."""
    from sweep import repair as repairing
    from sweep import study

    there = study.current(name)
    different = repairing.repair(there)
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
    from sweep import datasets
    from sweep.errors import DataError
    from sweep.trainer_section import FASHION_MNIST

    if dataset != FASHION_MNIST:
        raise DataError(f"unknown data set {dataset!r}", f"Known is {FASHION_MNIST}.")
    with wait("fetching") as progress:
        folder = datasets.fetch_fashion_mnist(progress)
    say(f"{FASHION_MNIST} is in {folder}")
