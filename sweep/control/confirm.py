"""Creates the confirmation of a study: its best configurations, trained again with new seeds."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from typing import Any

from sweep.config.sites import shipped_sites
from sweep.config.trainer import FASHION_MNIST, file_name
from sweep.control.initialise import initialise
from sweep.errors import StudyError
from sweep.paths import RUNS
from sweep.results.confirmation import confirmation_paths, score_name
from sweep.results.report import Report
from sweep.study.commands import command_line
from sweep.study.enqueued import queue_configuration
from sweep.study.place import require_no_copy
from sweep.study.study import Study
from sweep.system.files import write_text

LANES = 200
"""Maximum number of trials of a confirmation that run in parallel."""


def confirmation_table(study: Study) -> dict[str, Any]:
    """Return the study file of a study's confirmation, as a table.

    Its paths are absolute, since the file lies in another folder than the study's own.
    """
    table = tomllib.loads(study.paths.config.read_text(encoding="utf-8-sig"))
    section, trainer = table["study"], dict(table["trainer"])
    trainer |= {"weights": study.weights} if study.weights else {}
    trainer |= {"data": study.data_here} if trainer.get("data") not in (None, FASHION_MNIST) else {}
    if "inputs" in trainer:
        copies = study.paths.inputs
        trainer["inputs"] = [entry if "://" in entry else str(copies / file_name(entry)) for entry in trainer["inputs"]]
    job = dict(table.get("job", {}))
    job |= {"container_image": study.job.container_image} if study.job.container_image else {}
    job |= {"site": str(study.paths.site)} if job.get("site") and job["site"] not in shipped_sites() else {}
    return {
        "study": {
            "name": confirmation_paths(study).root.name,
            "confirms": section["name"],
            "metric": score_name(study),
            "direction": study.config.study.direction[0],
            "storage": study.config.study.storage,
            # This seed also splits the data, so it stays. The seeds of the trials differ, since `confirms` is set.
            "seed": study.config.study.seed,
            "trials_per_generation": 1,
            "mode": "lanes",
        },
        "search": table["search"],
        "sampler": {"name": "random"},
        "trainer": trainer,
        "job": job,
        **({"ap": table["ap"]} if "ap" in table else {}),
    }


def prepare_confirmation(
    study: Study, report: Report, top: int, seeds: int, say: Callable[[str], None]
) -> tuple[Study, int]:
    """Create the confirmation of a study's best trials, or extend it; return it and its number of trials.

    Raises StudyError if the study has no complete trial yet, or is a copy.
    """
    import tomli_w

    require_no_copy(study)
    best = report.ranked[:top]
    if not best:
        raise StudyError(
            "no trial is complete yet: there is nothing to confirm",
            f"To see what runs, run: {command_line('status', study.config.study.name)}",
        )
    file = RUNS / f"{confirmation_paths(study).root.name}.toml"
    write_text(
        file,
        f"# Written by `sweep confirm` for the study {study.config.study.name}.\n"
        + tomli_w.dumps(confirmation_table(study)),
    )
    confirmation, _ = initialise(file, say)
    for seed in range(seeds):
        for trial in best:
            queue_configuration(confirmation, queue_name(trial["number"], seed), trial["params"], say)
    return confirmation, len(confirmation.paths.enqueued.read_text().splitlines())


def queue_name(trial: int, seed: int) -> str:
    """Return the name of a queued configuration: one trial, trained again with one seed."""
    return f"trial {trial}, seed {seed}"
