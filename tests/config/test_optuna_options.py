"""Options of Optuna's classes."""

from __future__ import annotations

import pytest

from sweep.config.optuna_options import NUMBER, OptunaClass, check_options

KINDS = {
    "tpe": OptunaClass("TPESampler", "A sampler.", {"seed": (int,), "weight": NUMBER, "group": (bool,)}),
    "none": OptunaClass("NopPruner", "A pruner.", {}),
}


def test_options_of_the_right_types_pass() -> None:
    check_options("sampler", KINDS, "tpe", {"seed": 3, "weight": 0.5, "group": True})
    check_options("sampler", KINDS, "tpe", {"weight": 1})
    check_options("pruner", KINDS, "none", {})


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("tpa", {}, "unknown sampler 'tpa'; did you mean 'tpe'"),
        ("tpe", {"sed": 3}, "unknown option of tpe; did you mean 'seed'"),
        ("none", {"seed": 3}, "unknown option of none; it has no options"),
        ("tpe", {"seed": 1.5}, "must be a whole number, not 1.5"),
        # A boolean is an int for Python, but not for a user.
        ("tpe", {"seed": True}, "must be a whole number, not true"),
        ("tpe", {"weight": "1"}, 'must be a number, not "1"'),
    ],
)
def test_others_are_named(name: str, options: dict[str, object], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        check_options("sampler", KINDS, name, options)
