"""`sweep report`, `best`, `ensemble` and `dashboard`: what came out of a study."""

from __future__ import annotations

import shlex
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from sweep.cli.options import StudyName
from sweep.console import console, say, wait


class ReportFormat(StrEnum):
    """Output formats of the leaderboard."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"
    MARKDOWN = "markdown"


def report(
    top: Annotated[int | None, typer.Option(min=1, help="Number of trials to show. JSON always has all.")] = None,
    form: Annotated[ReportFormat, typer.Option("--format", help="Output format.")] = ReportFormat.TABLE,
    accounting: Annotated[
        bool, typer.Option("--accounting", help="Show the cost instead: slot hours, and what the jobs used.")
    ] = False,
    html: Annotated[
        Path | None, typer.Option(help="Write a page with figures to one HTML file instead.", metavar="FILE")
    ] = None,
    plots: Annotated[Path | None, typer.Option(help="Write the figures as PNG files instead.", metavar="DIR")] = None,
    data: Annotated[
        Path | None,
        typer.Option(help="Write trials, curves and runs as CSV and Parquet files instead.", metavar="DIR"),
    ] = None,
    name: StudyName = None,
) -> None:
    """Show the leaderboard, at any time."""
    from sweep.results.accounting import accounting_tables, collect_accounting
    from sweep.results.leaderboard import leaderboard_csv, leaderboard_markdown, leaderboard_table, report_json
    from sweep.results.report import collect_report
    from sweep.study.commands import next_launch
    from sweep.study.study import open_current, planned_generations

    study = open_current(name)
    if html or plots or data:
        from sweep.results.page.files import write_results

        for line in write_results(study, html, plots, data):
            say(line)
        return
    collected = collect_report(study)
    if accounting:
        for part in accounting_tables(collect_accounting(study, collected)):
            console.print(part)
        return
    match form:
        case ReportFormat.JSON:
            print(report_json(collected))
        case ReportFormat.CSV:
            print(leaderboard_csv(collected, top), end="")
        case ReportFormat.MARKDOWN:
            print(leaderboard_markdown(collected, top), end="")
        case ReportFormat.TABLE:
            for part in leaderboard_table(collected, top or 20, console.width):
                console.print(part)
            if not planned_generations(study.paths):
                say(f"Not launched yet. Next: {next_launch(study)}")


def best(
    trial: Annotated[int | None, typer.Option(min=0, help="Number of the trial to show instead of the best.")] = None,
    export: Annotated[
        Path | None, typer.Option(help="Copy the model, its code and a model card into this folder.", metavar="DIR")
    ] = None,
    name: StudyName = None,
) -> None:
    """Print the parameters of the best trial as TOML, or export its model."""
    from sweep.results.best import export_trial, find_trial, params_toml
    from sweep.results.report import collect_report
    from sweep.study.study import open_current

    study = open_current(name)
    collected = collect_report(study)
    found = find_trial(collected, trial)
    if export is None:
        print(params_toml(collected, found), end="")
        return
    lines = export_trial(study, collected, found, export)
    say(f"Trial {found['number']} is in {export}. Its model card is {export / 'README.md'}. To use it, run:")
    for line in [f"cd {shlex.quote(str(export))}", *lines]:
        say(f"    {line}")


def ensemble(
    top: Annotated[int, typer.Option(min=2, max=100, help="Number of best trials to average.")] = 5,
    name: StudyName = None,
) -> None:
    """Average the predictions of the best trials, and score them on the test set. Runs torch on this machine."""
    from sweep.results.ensemble import ensemble_table, score_ensemble
    from sweep.results.report import collect_report
    from sweep.study.study import open_current

    study = open_current(name)
    with wait("predicting"):
        scores = score_ensemble(study, collect_report(study), top)
    console.print(ensemble_table(scores))


def dashboard(
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port on this machine.")] = 8080,
    name: StudyName = None,
) -> None:
    """Serve optuna-dashboard for the study until Ctrl-C. Only this machine can reach it."""
    from sweep.results.dashboard import serve_dashboard
    from sweep.study.study import open_current

    serve_dashboard(open_current(name), port, say)
