"""Trains the best configurations again, with fresh seeds, and says which differences between them are real.

A confirmation is a study of its own, `NAME-confirm`, whose trials are all listed: those configurations, once for each
seed. It is launched like any other, and is scored on the test set, which the search never saw.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, stdev

from sweep.paths import StudyPaths
from sweep.study.study import Study, load_study
from sweep.trial.direction import Direction

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


def confirmation_paths(study: Study) -> StudyPaths:
    """Where a study's confirmation lies."""
    return StudyPaths.named(f"{study.config.study.name}-confirm")


def score_name(study: Study) -> str:
    """The metric that a confirmation goes by: of the shipped trainer the objective on the test set; of a program of
    one's own `[study] test_metric`, else the objective again."""
    section = study.config.study
    objective = section.metric[0]
    shipped = objective if study.config.trainer.command else objective.replace("val_", "test_", 1)
    return section.test_metric or shipped


def read_confirmation(study: Study) -> list[Confirmed]:
    """What a study's confirmation has found so far, the best first; nothing where there is none."""
    from sweep.optimizer.stored_study import StoredStudy

    if not confirmation_paths(study).provenance.exists():
        return []
    rows = StoredStudy.open(load_study(confirmation_paths(study)), writing=False).rows()
    scores: dict[int, list[float]] = {}
    for row in rows:
        if row.state == "COMPLETE" and row.value is not None and row.taken:
            scores.setdefault(int(row.taken.split(",")[0].removeprefix("trial ")), []).append(row.value)
    return rank_configurations(scores, study.config.study.first_direction)


def rank_configurations(scores: Mapping[int, Sequence[float]], direction: Direction) -> list[Confirmed]:
    """Rank the configurations, by trial, whose scores these are."""
    order = sorted(scores, key=lambda trial: (direction.key(mean(scores[trial])), trial))
    worse = significant_differences([scores[trial] for trial in order])
    return [
        Confirmed(trial, list(scores[trial]), None if worse is None else 1 + sum(worse[place][:place]))
        for place, trial in enumerate(order)
    ]


def significant_differences(groups: Sequence[Sequence[float]]) -> list[list[bool]] | None:
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
