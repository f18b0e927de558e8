"""Ranks of trials, with one objective and with several."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sweep.results.ranking import ranks

POINTS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 5)), max_size=30)


def test_one_objective_gives_places_and_of_equals_the_earlier_wins() -> None:
    assert ranks([[0.5], [0.75], [0.75]], ["maximize"]) == [3, 1, 2]
    assert ranks([[0.5], [0.75], [0.75]], ["minimize"]) == [1, 2, 3]
    assert ranks([], ["minimize"]) == []


def test_several_objectives_give_fronts() -> None:
    accuracy_and_size = [[0.9, 10.0], [0.8, 5.0], [0.8, 6.0], [0.95, 20.0], [0.7, 7.0], [0.9, 10.0]]
    assert ranks(accuracy_and_size, ["maximize", "minimize"]) == [1, 1, 2, 1, 3, 1]


def fronts(points: list[tuple[int, ...]]) -> list[int]:
    """By the definition: take the front away, again and again; greater first, smaller others."""

    def dominates(one: tuple[int, ...], other: tuple[int, ...]) -> bool:
        signed = [(-one[0], *one[1:]), (-other[0], *other[1:])]
        return all(a <= b for a, b in zip(*signed, strict=True)) and one != other

    found: dict[int, int] = {}
    while left := [number for number in range(len(points)) if number not in found]:
        best = [n for n in left if not any(dominates(points[other], points[n]) for other in left)]
        found |= dict.fromkeys(best, max(found.values(), default=0) + 1)
    return [found[number] for number in range(len(points))]


@given(POINTS)
def test_fronts_are_those_of_the_definition(points: list[tuple[int, ...]]) -> None:
    assert ranks(points, ["maximize", "minimize", "minimize"]) == fronts(points)
