"""Pruners and their options."""

from __future__ import annotations

import inspect
import warnings
from typing import Any

import optuna
import pytest

from sweep.config import pruners
from sweep.trial.cutoffs import TRAVELLING


@pytest.mark.parametrize("name", pruners.PRUNERS)
def test_options_are_those_of_optuna_s_class(name: str) -> None:
    kind = pruners.PRUNERS[name]
    signature = inspect.signature(getattr(optuna.pruners, kind.of).__init__).parameters
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
        assert type(pruners.make_pruner(name, needed.get(name, {}))).__name__ == kind.of
    assert set(TRAVELLING) < set(pruners.PRUNERS)
