"""Trains the best configurations again, with fresh seeds, and says which differences between them are real.

A confirmation is a study of its own, `NAME-confirm`, whose trials are all listed: those configurations, once for each
seed. It is launched like any other, and is scored on the test set, which the search never saw.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, stdev
from typing import Any

from sweep import sites
from sweep.enqueue import enqueue
from sweep.errors import StudyError
from sweep.files import write_text
from sweep.paths import RUNS, StudyPaths
from sweep.report import Report
from sweep.study import Study, initialise, load
from sweep.trainer_section import FASHION_MNIST, file_name

LANES = 200
"""So many trials of a confirmation run at a time, at the most."""

LEVEL = 0.05
"""How often, if none of the configurations differed, some difference would be called real."""


@dataclass(frozen=True)
class Confirmed:
    """A configuration, by the trial that it was first: its scores with fresh seeds, and their rank.

    The rank is one more than the number of configurations that are better by a real difference, so that all that share
    the first may be the best; None where there are fewer than two seeds.
    """

    trial: int
    scores: list[float]
    rank: int | None

    @property
    def mean(self) -> float:
        return mean(self.scores)

    @property
    def deviation(self) -> float | None:
        """Of the scores, between seeds; None for one."""
        return stdev(self.scores) if len(self.scores) > 1 else None


def paths(study: Study) -> StudyPaths:
    """Where a study's confirmation lies."""
    return StudyPaths.named(f"{study.config.study.name}-confirm")


def score_name(study: Study) -> str:
    """The metric that a confirmation goes by: of the shipped trainer the objective on the test set; of a program of
    one's own `[study] test_metric`, else the objective again."""
    section = study.config.study
    objective = section.metric[0]
    shipped = objective if study.config.trainer.command else objective.replace("val_", "test_", 1)
    return section.test_metric or shipped


def study_file(study: Study) -> dict[str, Any]:
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
    job |= {"site": str(study.paths.site)} if job.get("site") and job["site"] not in sites.shipped() else {}
    return {
        "study": {
            "name": paths(study).root.name,
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


def prepare(study: Study, report: Report, top: int, seeds: int, say: Callable[[str], None]) -> tuple[Study, int]:
    """Make the confirmation of a study's best trials, or add to it what it lacks; also says how many trials it has.

    Raises StudyError where the study has no complete trial yet.
    """
    import tomli_w

    best = report.ranked[:top]
    if not best:
        raise StudyError("no trial is complete yet: there is nothing to confirm", "See: sweep status")
    file = RUNS / f"{paths(study).root.name}.toml"
    write_text(
        file,
        f"# Written by `sweep confirm` for the study {study.config.study.name}.\n" + tomli_w.dumps(study_file(study)),
    )
    there, _ = initialise(file, say)
    for seed in range(seeds):
        for trial in best:
            enqueue(there, taken_name(trial["number"], seed), trial["params"])
    return there, len(there.paths.enqueued.read_text().splitlines())


def taken_name(trial: int, seed: int) -> str:
    """Under which name a configuration is enqueued."""
    return f"trial {trial}, seed {seed}"


def outcome(study: Study) -> list[Confirmed]:
    """What a study's confirmation has found so far, the best first; nothing where there is none."""
    from sweep.search import Search

    if not paths(study).provenance.exists():
        return []
    rows = Search.open(load(paths(study)), writing=False).rows()
    scores: dict[int, list[float]] = {}
    for row in rows:
        if row.state == "COMPLETE" and row.value is not None and row.taken:
            scores.setdefault(int(row.taken.split(",")[0].removeprefix("trial ")), []).append(row.value)
    return ranked(scores, maximize=study.config.study.direction[0] == "maximize")


def ranked(scores: Mapping[int, Sequence[float]], *, maximize: bool) -> list[Confirmed]:
    """Rank the configurations, by trial, whose scores these are."""
    order = sorted(scores, key=lambda trial: (-mean(scores[trial]) if maximize else mean(scores[trial]), trial))
    worse = differences([scores[trial] for trial in order])
    return [
        Confirmed(trial, list(scores[trial]), None if worse is None else 1 + sum(worse[place][:place]))
        for place, trial in enumerate(order)
    ]


def differences(groups: Sequence[Sequence[float]]) -> list[list[bool]] | None:
    """Which groups of scores really differ; None where one has fewer than two.

    By the Tukey-Kramer test at `LEVEL`, which regards that all pairs are compared: J. W. Tukey, The problem of
    multiple comparisons (1953); C. Y. Kramer, Biometrics 12 (1956) 307.
    """
    if any(len(group) < 2 for group in groups):
        return None
    if len(groups) < 2 or all(len(set(group)) == 1 for group in groups):
        # Scores that no seed changes are what they are.
        return [[mean(one) != mean(other) for other in groups] for one in groups]
    from scipy.stats import tukey_hsd

    found = tukey_hsd(*groups)
    return [[bool(p < LEVEL) for p in row] for row in found.pvalue]
