from __future__ import annotations

import pytest

from sweep.study.generation_plan import GenerationPlan, Trial, plan_generations


def ended(generation: int, count: int) -> list[Trial]:
    return [(generation, True)] * count


@pytest.mark.parametrize(
    ("trials", "generations", "per_generation", "nodes", "done"),
    [
        ([], 2, 3, 2, set()),
        (ended(0, 3), 2, 3, 2, {0}),
        ([*ended(0, 3), *ended(1, 2), (1, False)], 2, 3, 2, {0}),
        (ended(0, 3) + ended(1, 3), 2, 3, 2, {0, 1}),
        # Killed while it proposed: the generation lacks trials.
        (ended(0, 2), 1, 3, 1, set()),
        # Fewer trials a generation than before: 8 of 12 are there, so one generation of 4 is left.
        (ended(0, 8), 3, 4, 3, {0, 2}),
        (ended(0, 8) + ended(1, 4), 3, 4, 3, {0, 1, 2}),
        (ended(0, 8), 2, 4, 2, {0, 1}),
        # More than before: the first generation is filled up.
        (ended(0, 4), 1, 8, 1, set()),
        # Lanes have run trials of later generations, by the numbers of another file.
        ([*ended(0, 2), *ended(1, 2), *ended(2, 1), (2, False)], 1, 8, 3, {1}),
        ([*ended(0, 7), (9, False)], 1, 8, 10, set(range(9))),
        # A damaged trial.json: its generation is unknown, so each PRE script looks.
        ([*ended(0, 3), (None, False)], 2, 3, 2, set()),
        ([*ended(0, 2), (None, True)], 1, 3, 1, {0}),
    ],
)
def test_what_is_left_to_run(
    trials: list[Trial], generations: int, per_generation: int, nodes: int, done: set[int]
) -> None:
    found = plan_generations(trials, generations, per_generation)
    assert (found.nodes, set(found.done)) == (nodes, done)
    assert found.is_finished == (len(done) == nodes)


def test_a_plan_of_a_new_study() -> None:
    assert plan_generations([], 9, 1) == GenerationPlan(9, 9)
