"""Results of a confirmation: scores and ranks."""

from __future__ import annotations

import pytest

from sweep.control import confirm
from sweep.optimizer.stored_study import StoredStudy
from sweep.results.confirmation import rank_configurations, read_confirmation, score_name
from sweep.results.report import build_report
from sweep.study.study import Study
from sweep.trial.direction import Direction
from tests.samples import row

ROWS = [
    row(number, "COMPLETE", value, params={"lr": 0.01 * (number + 1), "width": 8, "activation": "relu"})
    for number, value in enumerate((0.5, 0.75, 0.25))
]


def test_what_was_found_is_read_back_by_trial(study: Study) -> None:
    there, count = confirm.prepare_confirmation(study, build_report(study, ROWS), 2, 2, lambda _: None)
    search = StoredStudy.open(there, writing=True)
    for proposal, value in zip(search.add(count), (0.7, 0.5, 0.72, 0.52), strict=True):
        search.tell(result(proposal.number, value), {})
    assert [(one.trial, one.scores) for one in read_confirmation(study)] == [(1, [0.7, 0.72]), (0, [0.5, 0.52])]
    report = build_report(study, ROWS, read_confirmation(study), score_name(study))
    assert [one["trial"] for one in report.study["confirmed"]] == [1, 0]


def result(number: int, value: float):  # type: ignore[no-untyped-def]
    from sweep.trial.result import Result

    return Result(number, "COMPLETE", {"test_accuracy": value}, {}, "", 2, 1, 0, 1.0, 0.0, "")


def test_a_rank_tells_real_differences_from_luck() -> None:
    near = {1: [0.80, 0.84, 0.82], 2: [0.79, 0.85, 0.81], 3: [0.50, 0.52, 0.48]}
    assert [(one.trial, one.rank) for one in rank_configurations(near, Direction.MAXIMIZE)] == [(1, 1), (2, 1), (3, 3)]
    assert [(one.trial, one.rank) for one in rank_configurations(near, Direction.MINIMIZE)] == [(3, 1), (2, 2), (1, 2)]
    (one,) = rank_configurations({4: [0.5, 0.7]}, Direction.MAXIMIZE)
    assert one.rank == 1
    assert [one.mean, one.deviation] == pytest.approx([0.6, 0.1414], rel=1e-3)


def test_one_seed_gives_no_rank_and_scores_without_spread_differ_where_they_do() -> None:
    assert [one.rank for one in rank_configurations({1: [0.8], 2: [0.7, 0.6]}, Direction.MAXIMIZE)] == [None, None]
    assert rank_configurations({1: [0.8]}, Direction.MAXIMIZE)[0].deviation is None
    same = rank_configurations({1: [5.0, 5.0], 2: [4.0, 4.0], 3: [5.0, 5.0]}, Direction.MINIMIZE)
    assert [(one.trial, one.rank) for one in same] == [(2, 1), (1, 2), (3, 2)]
