"""Conditional and repeated parameters: which a trial has, in which order, and a space that is filled evenly."""

from __future__ import annotations

from typing import Any

import pytest

from sweep.config.conditions import choose_values, condition_mistakes, expand_parameters
from tests.samples import SEARCH, search


def chosen(**values: Any) -> dict[str, Any]:
    """The trial that comes of these answers."""
    return choose_values(
        expand_parameters(search(SEARCH)), lambda one: values.get(one.name, values.get(one.base_name, "?"))
    )


def test_parents_come_first_and_else_the_file_s_order() -> None:
    names = [one.name for one in expand_parameters(search(SEARCH))]
    assert names == [
        *("optimizer", "momentum", "nesterov", "decay", "blocks", "width_1", "width_2", "width_3"),
        *("head_1", "head_2", "epsilon", "norm"),
    ]


@pytest.mark.parametrize(
    ("answers", "wanted"),
    [
        ({"optimizer": "adam", "blocks": 1}, ["optimizer", "decay", "blocks", "width_1", "epsilon", "norm"]),
        ({"optimizer": "sgd", "momentum": 0.0, "blocks": 1}, ["optimizer", "momentum", "blocks", "width_1", "norm"]),
        (
            {"optimizer": "sgd", "momentum": 0.9, "blocks": 2},
            ["optimizer", "momentum", "nesterov", "blocks", "width_1", "width_2", "norm"],
        ),
        (
            {"optimizer": "adamw", "blocks": 3},
            ["optimizer", "decay", "blocks", "width_1", "width_2", "width_3", "head_1", "head_2", "norm"],
        ),
    ],
)
def test_a_trial_has_what_its_conditions_allow(answers: dict[str, Any], wanted: list[str]) -> None:
    trial = chosen(**answers)
    assert list(trial) == wanted
    assert trial["norm"] == "batch"
    assert trial.get("epsilon", 1e-8) == 1e-8


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = { type = 'bool', when = { b = true } }", "a.when: there is no parameter 'b'"),
        ("a = { type = 'bool', when = { b = 1 } }\nb = { type = 'bool' }", "a.when: b cannot be 1"),
        (
            "a = { type = 'bool', when = { b = 1.5 } }\nb = { type = 'int', low = 1, high = 2 }",
            "a.when: b cannot be 1.5",
        ),
        ("a = { type = 'bool', when = { b = 2 } }\nb = { type = 'int', low = 1, high = 3, step = 2 }", "b cannot be 2"),
        (
            "a = { type = 'bool', when = { b = 1 } }\nb = { type = 'bool', repeat = 2 }",
            "b has several values, because it is repeated",
        ),
        ("a = { type = 'bool', when = { b = true } }\nb = { type = 'bool', when = { a = true } }", "depends on itself"),
        ("a = { type = 'bool', repeat = 'b' }\nb = { type = 'bool' }", "a.repeat: b must be an int from 0 to 1000"),
        ("a = { type = 'bool', repeat = 'b' }\nb = { type = 'int', low = -1, high = 3 }", "b must be an int"),
        ("a = { type = 'bool', repeat = 'b' }\nb = true", "a.repeat: b must be an int"),
        (
            "a = { type = 'bool', repeat = 'b' }\nb = { type = 'int', low = 1, high = 2, repeat = 2 }",
            "b must not be repeated itself",
        ),
        ("a = { type = 'bool', repeat = 2 }\na_2 = 3", "a_2: is also the name of a repetition of a"),
        ("'a b' = 3", "a name must be a letter, then letters, digits and _"),
        ("'a\"; queue 5' = 3", "a name must be a letter"),
    ],
)
def test_what_cannot_be_is_said(text: str, said: str) -> None:
    found = condition_mistakes(search(text))
    assert any(said in mistake for mistake in found), found
    with pytest.raises(ValueError, match=r".+"):
        expand_parameters(search(text))
