"""Options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

StudyName = Annotated[
    str | None, typer.Option("--study", help="Name of the study. Default: the study that you initialised last.")
]

Watch = Annotated[bool, typer.Option("--watch", help="Follow the sweep until it ends. Ctrl-C does not stop the sweep.")]
