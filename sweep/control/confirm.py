"""Creates the confirmation of a study: its best configurations, trained again with fresh seeds."""

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
from sweep.study.enqueued import queue_configuration
from sweep.study.study import Study
from sweep.system.files import write_text

LANES = 200
"""So many trials of a confirmation run at a time, at the most."""


def confirmation_table(study: Study) -> dict[str, Any]:
    """The study file of a study's confirmation, as a table."""
    table = tomllib.loads(study.paths.config.read_text(encoding="utf-8-sig"))
    section, trainer = table["study"], dict(table["trainer"])
    trainer |= {"weights": study.weights} if study.weights else {}
    trainer |= {"data": study.data_here} if trainer.get("data") not in (None, FASHION_MNIST) else {}
    if "inputs" in trainer:
        copies = study.paths.inputs
        trainer["inputs"] = [one if "://" in one else str(copies / file_name(one)) for one in trainer["inputs"]]
    # Paths as absolute ones: the file does not lie where the study's own did.
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
            # The same split of the data; the trials' own seeds are others, since it confirms.
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
    """Make the confirmation of a study's best trials, or add to it what it lacks; also says how many trials it has.

    Raises StudyError where the study has no complete trial yet.
    """
    import tomli_w

    best = report.ranked[:top]
    if not best:
        raise StudyError("no trial is complete yet: there is nothing to confirm", "See: sweep status")
    file = RUNS / f"{confirmation_paths(study).root.name}.toml"
    write_text(
        file,
        f"# Written by `sweep confirm` for the study {study.config.study.name}.\n"
        + tomli_w.dumps(confirmation_table(study)),
    )
    there, _ = initialise(file, say)
    for seed in range(seeds):
        for trial in best:
            queue_configuration(there, queue_name(trial["number"], seed), trial["params"])
    return there, len(there.paths.enqueued.read_text().splitlines())


def queue_name(trial: int, seed: int) -> str:
    """Under which name a configuration is enqueued."""
    return f"trial {trial}, seed {seed}"
