"""The command line. Each command parses, calls and prints; it imports heavy packages when it runs."""

from __future__ import annotations

from typing import Annotated

import typer

from sweep import __version__
from sweep.cli import export, monitor, pool, results, study, sweep
from sweep.console import say

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
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Search hyperparameters and architectures on HTCondor. Submit, log out, and come back to a leaderboard."""


app.add_typer(pool.app, name="pool")

app.command()(study.init)
app.command()(study.enqueue)
app.command("try")(study.try_)
app.command()(study.data)

app.command()(sweep.doctor)
app.command()(sweep.launch)
app.command()(sweep.stop)
app.command()(sweep.repair)
app.command()(sweep.adopt)
app.command()(sweep.confirm)

app.command()(monitor.status)
app.command()(monitor.logs)

app.command()(results.report)
app.command()(results.best)
app.command()(results.ensemble)
app.command()(results.dashboard)

app.command()(export.sync)
app.command()(export.container)
