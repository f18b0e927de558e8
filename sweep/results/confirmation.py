"""Reads a study's confirmation, and tests which of its configurations differ significantly.

A confirmation is a study of its own, `NAME-confirm`. Its trials are the best configurations of a study, once for each
of several fresh seeds. They are scored on the test set, which the study itself never used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean, stdev

from sweep.paths import StudyPaths
from sweep.study.study import Study, load_study
from sweep.trial.direction import Direction

LEVEL = 0.05
"""Significance level: the probability of finding any significant difference if the configurations are all equal."""


@dataclass(frozen=True)
class Confirmed:
    """A confirmed configuration: the number of its trial in the study, its scores with fresh seeds, and its rank.

    The rank is one more than the number of configurations that are significantly better. So any configuration of rank
    1 may be the best. The rank is None if a configuration has fewer than two scores.
    """

    trial: int
    scores: list[float]
    rank: int | None

    @property
    def mean(self) -> float:
        return mean(self.scores)

    @property
    def deviation(self) -> float | None:
        """Standard deviation of the scores; None for a single score."""
        return stdev(self.scores) if len(self.scores) > 1 else None


def confirmation_paths(study: Study) -> StudyPaths:
    """Return the paths of a study's confirmation."""
    return StudyPaths.named(f"{study.config.study.name}-confirm")


def score_name(study: Study) -> str:
    """Return the metric of a confirmation.

    That is `[study] test_metric` if it is set. Otherwise it is the first objective, with the shipped trainer its value
    on the test set.
    """
    section = study.config.study
    objective = section.metric[0]
    default = objective if study.config.trainer.command else objective.replace("val_", "test_", 1)
    return section.test_metric or default


def read_confirmation(study: Study) -> list[Confirmed]:
    """Return the confirmed configurations of a study so far, the best first; [] if it has no confirmation."""
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
    """Return the configurations with their ranks, the best mean first; `scores` are by trial number."""
    order = sorted(scores, key=lambda trial: (direction.key(mean(scores[trial])), trial))
    differs = significant_differences([scores[trial] for trial in order])
    return [
        Confirmed(trial, list(scores[trial]), None if differs is None else 1 + sum(differs[position][:position]))
        for position, trial in enumerate(order)
    ]


def significant_differences(groups: Sequence[Sequence[float]]) -> list[list[bool]] | None:
    """Return for each pair of groups of scores whether they differ significantly; None if a group has fewer than two.

    The Tukey-Kramer test at `LEVEL` allows for the number of pairs: J. W. Tukey, The problem of multiple comparisons
    (1953); C. Y. Kramer, Biometrics 12 (1956) 307.
    """
    if any(len(group) < 2 for group in groups):
        return None
    if len(groups) < 2 or all(len(set(group)) == 1 for group in groups):
        # The test needs some variance. Without any, every difference is significant.
        return [[mean(one) != mean(other) for other in groups] for one in groups]
    from scipy.stats import tukey_hsd

    return [[bool(p < LEVEL) for p in row] for row in tukey_hsd(*groups).pvalue]
