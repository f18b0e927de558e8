"""The commands that show what goes on and what came out: each parses, calls, prints."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from sweep.cli_output import Name, console, say, wait


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


def dashboard(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on this machine.")] = 8080,
    name: Name = None,
) -> None:
    """Serve optuna-dashboard for this study, on this machine alone, until Ctrl-C."""
    from sweep import dashboard as serving
    from sweep import study

    serving.serve(study.current(name), port, say)


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
