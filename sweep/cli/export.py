"""`sweep sync` and `sweep container`: what a study hands to trackers, and to machines elsewhere."""

from __future__ import annotations

from typing import Annotated

import typer

from sweep.console import Name, say, wait


def sync(name: Name = None) -> None:
    """Tell the study's trackers of each trial that has ended; nothing is told twice."""
    from sweep.errors import TrackingError
    from sweep.study.study import open_current
    from sweep.tracking.sync import sync as tell

    there = open_current(name)
    with wait("telling") as progress:
        every = tell(there, progress)
    for one in every:
        say(f"{one.tracker}: {one.new} trials told, {one.before} it had already; see {one.place}")
    if troubles := [trouble for one in every for trouble in one.troubles]:
        raise TrackingError("\n".join(map(str, troubles)), f"{troubles[0].advice} Then: sweep sync")


def container(
    packages: Annotated[
        list[str] | None, typer.Argument(help="Packages that your own program needs, besides the shipped trainer's.")
    ] = None,
    base: Annotated[
        str | None, typer.Option(help="Image to begin with, as nvidia/cuda:… for programs that compile for CUDA.")
    ] = None,
    name: Name = None,
) -> None:
    """Write an Apptainer definition and a Dockerfile for the study's trials."""
    from sweep.control import container as image
    from sweep.study.study import open_current

    for line in image.write_container(open_current(name), packages or [], base or image.BASE):
        say(line)
