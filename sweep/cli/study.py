"""`sweep init`, `enqueue`, `try` and `data`: what a study is, before its sweep runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sweep.cli.options import StudyName
from sweep.console import say, wait

if TYPE_CHECKING:
    from sweep.study.study import Study


def init(
    file: Annotated[
        Path | None, typer.Argument(help="Study file. Without one, `sweep init` writes study.toml, a quickstart.")
    ] = None,
    source: Annotated[
        str | None, typer.Option("--from", help="Queue the best trials of the study of this name.", metavar="STUDY")
    ] = None,
    top: Annotated[int, typer.Option(min=1, help="Number of trials to queue with --from.")] = 10,
) -> None:
    """Check a study file and create its folder, runs/STUDY; or update the study if its file has changed."""
    from sweep.control.initialise import initialise
    from sweep.study import quickstart
    from sweep.study.commands import next_launch, study_command
    from sweep.study.site_rules import site_messages
    from sweep.study.study import planned_generations
    from sweep.study.summary import summary

    if file is None:
        file = quickstart.write_quickstart(Path("study.toml"))
        say(f"wrote {file}: a study to start from")
    with wait("initialising") as progress:
        study, state = initialise(file, progress)
    for line in [*summary(study), *site_messages(study)]:
        say(line)
    if source is not None:
        _queue_best(study, source, top)
    say(f"The study {study.config.study.name} {state} in {study.paths.root}.")
    if not planned_generations(study.paths):
        say(f"To measure one trial here, run: {study_command(study, 'try')}")
    say(f"Next: {next_launch(study)}")


def _queue_best(study: Study, source: str, top: int) -> None:
    from sweep.control.warm_start import queue_best_trials
    from sweep.results.report import collect_report
    from sweep.study.study import open_current

    count = queue_best_trials(study, collect_report(open_current(source)), top)
    say(f"Queued {count} of the best trials of {source}. The next trials will use them.")


def enqueue(
    values: Annotated[
        list[str], typer.Argument(help="Parameters, as NAME=VALUE …; the sampler chooses those that you leave out.")
    ],
    name: StudyName = None,
) -> None:
    """Queue a configuration to run next."""
    from uuid import uuid4

    from sweep.study.enqueued import parse_assignments, queue_configuration
    from sweep.study.place import require_no_copy
    from sweep.study.study import open_current

    study = open_current(name)
    require_no_copy(study)
    queue_configuration(study, uuid4().hex, parse_assignments(study, "enqueue", values), say)
    say("Queued. The next trial will use it.")


def try_(
    values: Annotated[
        list[str] | None,
        typer.Argument(help="Parameters, as NAME=VALUE …; parameters you leave out take the first trial's values."),
    ] = None,
    epochs: Annotated[int, typer.Option(min=1, help="Number of epochs to train.")] = 1,
    fraction: Annotated[
        float | None,
        typer.Option(
            min=1e-4, max=1, help="Share of the training images to use (shipped trainer only).", show_default="0.05"
        ),
    ] = None,
    name: StudyName = None,
) -> None:
    """Run one short trial on this machine, without HTCondor, and suggest what a job should request."""
    from sweep.control.try_out import try_out, try_out_lines
    from sweep.study.enqueued import parse_assignments
    from sweep.study.study import open_current

    study = open_current(name)
    if fraction is None and not study.config.trainer.command:
        fraction = 0.05
    tried = try_out(study, parse_assignments(study, "try", values or []), epochs, fraction, say)
    for line in try_out_lines(study, tried):
        say(line)


def data(
    dataset: Annotated[str, typer.Argument(help="fashion-mnist: 70,000 photos of clothing, 31 MB.")],
) -> None:
    """Download a data set, from its Debian package, into your cache. You need not be root."""
    from sweep.config.trainer import FASHION_MNIST
    from sweep.errors import DataError
    from sweep.study import datasets

    if dataset != FASHION_MNIST:
        raise DataError(f"there is no data set {dataset!r}", f"The only one is: sweep data {FASHION_MNIST}")
    with wait("fetching") as progress:
        folder = datasets.fetch_fashion_mnist(progress)
    say(f"{FASHION_MNIST} is in {folder}")
