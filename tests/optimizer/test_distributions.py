"""Parameters of a study file in Optuna's terms."""

from __future__ import annotations

import warnings

import pytest
from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.study import StudyDirection

from sweep.config.load import parse_config
from sweep.config.trainer_interface import PARAMETER_ADAPTER
from sweep.optimizer.distributions import optuna_directions, optuna_distribution
from tests.samples import STUDY


@pytest.mark.parametrize(
    ("entry", "distribution"),
    [
        ({"type": "float", "low": 0.1, "high": 1.0, "log": True}, FloatDistribution(0.1, 1.0, log=True)),
        ({"type": "float", "low": 0.0, "high": 1.0, "step": 0.25}, FloatDistribution(0.0, 1.0, step=0.25)),
        ({"type": "int", "low": 1, "high": 8, "log": True}, IntDistribution(1, 8, log=True)),
        # The last step that is not above 10.
        ({"type": "int", "low": 2, "high": 10, "step": 3}, IntDistribution(2, 8, step=3)),
        ({"type": "categorical", "choices": ["relu", "gelu"]}, CategoricalDistribution(["relu", "gelu"])),
        ({"type": "bool"}, CategoricalDistribution([False, True])),
    ],
)
def test_each_type_without_a_warning(entry: dict[str, object], distribution: BaseDistribution) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert optuna_distribution(PARAMETER_ADAPTER.validate_python(entry)) == distribution


def test_directions_of_several_objectives() -> None:
    text = STUDY.replace('"val_accuracy"', '["val_accuracy", "val_loss"]')
    text = text.replace('"maximize"', '["maximize", "minimize"]')
    section = parse_config(text, "study.toml").study
    assert optuna_directions(section) == [StudyDirection.MAXIMIZE, StudyDirection.MINIMIZE]
