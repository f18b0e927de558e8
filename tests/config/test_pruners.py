"""Pruners and their options."""

from __future__ import annotations

import inspect
import warnings
from typing import Any

import optuna
import pytest

from sweep.config import pruners
from sweep.trial.cutoffs import PRECOMPUTED
from tests.actions import mistakes_after


@pytest.mark.parametrize("name", pruners.PRUNERS)
def test_options_are_those_of_optuna_s_class(name: str) -> None:
    kind = pruners.PRUNERS[name]
    signature = inspect.signature(getattr(optuna.pruners, kind.class_name).__init__).parameters
    assert set(kind.options) == set(signature) - {"self", "wrapped_pruner", "args", "kwargs"}
    for option, types in kind.options.items():
        assert any(one.__name__ in str(signature[option].annotation) for one in types), option
    needed: dict[str, dict[str, Any]] = {
        "percentile": {"percentile": 25.0},
        "threshold": {"lower": 0.5},
        "patient": {"patience": 3},
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert type(pruners.make_pruner(name, needed.get(name, {}))).__name__ == kind.class_name
    assert set(PRECOMPUTED) < set(pruners.PRUNERS)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("[job]", '[pruner]\nname = "medain"\n[job]', "[pruner] name: unknown pruner 'medain'; did you mean 'median'?"),
        ("[job]", '[pruner]\nname = "median"\nwarmup = 3\n[job]', "[pruner] warmup: unknown option of median"),
        ("[job]", '[pruner]\nname = "percentile"\n[job]', "[pruner] percentile: missing; percentile needs it"),
        (
            "[job]",
            '[pruner]\nname = "threshold"\n[job]',
            "[pruner]: threshold cannot have these options: Either lower or upper",
        ),
    ],
)
def test_an_impossible_pruner_is_named(old: str, new: str, expected: str) -> None:
    found = mistakes_after(old, new)
    assert any(expected in line for line in found), found
