"""`sweep sync` and `sweep container`: what leaves the study for trackers, and for other machines."""

from __future__ import annotations

from typing import Annotated

import typer

from sweep.cli.options import StudyName
from sweep.console import say, wait
from sweep.units import counted


def sync(name: StudyName = None) -> None:
    """Upload each trial that has ended to the study's trackers, once."""
    from sweep.errors import TrackingError
    from sweep.study.commands import command_line
    from sweep.study.place import require_no_copy
    from sweep.study.study import open_current
    from sweep.tracking.sync import upload_trials

    study = open_current(name)
    require_no_copy(study)
    with wait("uploading") as progress:
        summaries = upload_trials(study, progress)
    for summary in summaries:
        known = f"({summary.before} were there already)"
        say(f"{summary.tracker}: uploaded {counted(summary.new, 'trial')} {known}. See {summary.place}")
    if troubles := [trouble for summary in summaries for trouble in summary.troubles]:
        raise TrackingError(
            "\n".join(map(str, troubles)), f"{troubles[0].advice} Then run: {command_line('sync', name)}"
        )


def container(
    packages: Annotated[
        list[str] | None, typer.Argument(help="Packages that your own program needs, besides the shipped trainer's.")
    ] = None,
    base: Annotated[
        str | None, typer.Option(help="Base image, such as nvidia/cuda:… for programs that compile CUDA code.")
    ] = None,
    name: StudyName = None,
) -> None:
    """Write an Apptainer definition and a Dockerfile for the study's trials."""
    from sweep.control.container import BASE, write_container
    from sweep.study.study import open_current

    for line in write_container(open_current(name), packages or [], base or BASE, say):
        say(line)
