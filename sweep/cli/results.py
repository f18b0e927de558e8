"""The commands that show what goes on and what came out: each parses, calls, prints."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from sweep.console import Name, console, say, wait


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
    from sweep.results.leaderboard import leaderboard_csv, leaderboard_markdown, leaderboard_table, report_json
    from sweep.results.report import collect_report
    from sweep.study.study import open_current

    of = open_current(name)
    if html or plots or data:
        from sweep.results.page.files import write_results

        for line in write_results(of, html, plots, data):
            say(line)
        return
    there = collect_report(of)
    if accounting:
        from sweep.results.accounting import accounting_tables, collect_accounting

        for part in accounting_tables(collect_accounting(of, there)):
            console.print(part)
        return
    match form:
        case Format.JSON:
            print(report_json(there))
        case Format.CSV:
            print(leaderboard_csv(there, top), end="")
        case Format.MARKDOWN:
            print(leaderboard_markdown(there, top), end="")
        case Format.TABLE:
            for part in leaderboard_table(there, top or 20, console.width):
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
    from sweep.monitor.display import progress_json, status_lines
    from sweep.monitor.progress import EXIT_STATUS
    from sweep.monitor.progress_reader import read_progress
    from sweep.study.study import open_current

    there = open_current(name)
    progress = read_progress(there)
    if form == StatusFormat.JSON:
        print(progress_json(there, progress))
    elif watch and progress.outer:
        from sweep.monitor.follow import follow_sweep

        progress = follow_sweep(there, len(progress.generations))
    else:
        for line in status_lines(there, progress):
            say(line)
    raise typer.Exit(EXIT_STATUS[progress.state])


def logs(
    trial: Annotated[int, typer.Argument(help="Number of the trial, as the leaderboard has it.")],
    follow: Annotated[bool, typer.Option("--follow", help="Go on until the trial has ended, or Ctrl-C.")] = False,
    name: Name = None,
) -> None:
    """Show what a trial has printed, and HTCondor's events, of all its jobs in order."""
    from sweep.monitor.logs import follow_logs as following
    from sweep.monitor.logs import show_logs
    from sweep.study.study import open_current

    there = open_current(name)
    (following if follow else show_logs)(there, trial, say)


def dashboard(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on this machine.")] = 8080,
    name: Name = None,
) -> None:
    """Serve optuna-dashboard for this study, on this machine alone, until Ctrl-C."""
    from sweep.results import dashboard as serving
    from sweep.study.study import open_current

    serving.serve_dashboard(open_current(name), port, say)


def confirm(
    top: Annotated[int, typer.Option(min=1, max=1000, help="How many of the best trials.")] = 5,
    seeds: Annotated[int, typer.Option(min=1, max=1000, help="How often to train each again.")] = 5,
    watch: Annotated[
        bool, typer.Option("--watch", help="Follow the sweep until it ends; Ctrl-C leaves it running.")
    ] = False,
    name: Name = None,
) -> None:
    """Train the best trials again with fresh seeds, and score them on the test set."""
    from sweep.control import confirm
    from sweep.control import launch as launching
    from sweep.results.report import collect_report
    from sweep.study.study import open_current

    there = open_current(name)
    with wait("confirming") as progress:
        confirmation, count = confirm.prepare_confirmation(there, collect_report(there), top, seeds, progress)
    launched = launching.launch_sweep(confirmation, count, min(count, confirm.LANES))
    title = confirmation.config.study.name
    if launched.cluster is None:
        say(f"{title} has its {count} trials: nothing to do. Next: sweep report")
    elif launched.was_running:
        say(f"{title} is running already, as cluster {launched.cluster}: type it again when it has ended.")
    else:
        say(f"Submitted {title}, {count} trials, as cluster {launched.cluster}. You may log out.")
        say(f"Next: sweep report, which has what it found; sweep status --watch --study {title}")
    if watch and launched.cluster is not None:
        from sweep.monitor.follow import follow_sweep

        follow_sweep(confirmation, launched.generations)


def best(
    trial: Annotated[int | None, typer.Option(min=0, help="Another trial than the best.")] = None,
    export: Annotated[
        Path | None, typer.Option(help="Copy model, code and a model card into this folder.", metavar="DIR")
    ] = None,
    name: Name = None,
) -> None:
    """Print the winning parameters as TOML; export the model with all that belongs to it."""
    from sweep.results.best import export_trial, find_trial, params_toml
    from sweep.results.report import collect_report
    from sweep.study.study import open_current

    there = open_current(name)
    collected = collect_report(there)
    found = find_trial(collected, trial)
    if export is None:
        print(params_toml(collected, found), end="")
        return
    lines = export_trial(there, collected, found, export)
    say(f"Trial {found['number']} is in {export}, its model card in {export / 'README.md'}. There you may type:")
    for line in lines:
        say(f"    {line}")


def ensemble(
    top: Annotated[int, typer.Option(min=2, max=100, help="How many of the best trials.")] = 5,
    name: Name = None,
) -> None:
    """Score the averaged predictions of the best trials on the test set; computes here, with torch."""
    from sweep.results import ensemble as averaging
    from sweep.results.report import collect_report
    from sweep.study.study import open_current

    there = open_current(name)
    with wait("predicting"):
        scores = averaging.score_ensemble(there, collect_report(there), top)
    console.print(averaging.ensemble_table(scores))
