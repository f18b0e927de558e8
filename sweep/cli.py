"""The command line: each command parses, calls, prints. Heavy packages are imported inside the commands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sweep import cli_pool
from sweep.cli_output import say, wait

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Hyperparameter and architecture search on HTCondor. Submit, log out, come back to a leaderboard.",
)
app.add_typer(cli_pool.app, name="pool")
