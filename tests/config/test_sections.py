"""The sections of a study file."""

from __future__ import annotations

import pytest

from sweep.config.load import parse_config
from sweep.errors import ConfigError
from tests.actions import mistakes_after
from tests.samples import STUDY


def test_one_objective_or_several() -> None:
    one = parse_config(STUDY, "study.toml").study
    assert one.objectives == {"val_accuracy": "maximize"}
    several = STUDY.replace('"val_accuracy"', '["val_accuracy", "model_mb"]').replace(
        '"maximize"', '["maximize", "minimize"]'
    )
    assert parse_config(several, "study.toml").study.objectives == {"val_accuracy": "maximize", "model_mb": "minimize"}
    with pytest.raises(
        ConfigError, match="cmaes can optimise only one objective; for several, use one of tpe, gp, nsgaii"
    ):
        parse_config(several + '\n[sampler]\nname = "cmaes"\n', "study.toml")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            '"maximize"',
            '"maximise"',
            '[study] direction: must be "minimize" or "maximize", or a list with one for each metric, not \'maximise\'',
        ),
        (
            '"val_accuracy"',
            '["val_accuracy", "val_loss"]',
            "[study] direction: must have one entry for each metric: metric has 2, direction 1",
        ),
        ('"val_accuracy"', '["val_loss", "val_loss"]', "[study] metric: has 'val_loss' twice"),
        ('"val_accuracy"', "7", "[study] metric: must be the name of a metric, or a list of names, not 7"),
        ("[job]", '[constraints]\nmetrics = ["model_mb"]\n[job]', "metrics: entry 1 is not a condition"),
        ('name = "tiny"', 'name = "a/../b"', "[study] name: must be letters, digits"),
        ('name = "tiny"', 'name = "current"', "[study] name: must not be 'current', because sweep uses runs/current"),
        ("[trainer]", "[constraints]\nparameters = ['width']\n[trainer]", "parameters: entry 1 is not a condition"),
    ],
)
def test_an_impossible_value_is_named(old: str, new: str, expected: str) -> None:
    found = mistakes_after(old, new)
    assert any(expected in line for line in found), found
