"""The sections of a study file."""

from __future__ import annotations

import pytest

from sweep.config.load import parse_config
from sweep.errors import ConfigError
from tests.samples import STUDY


def test_one_objective_or_several() -> None:
    one = parse_config(STUDY, "study.toml").study
    assert one.objectives == {"val_accuracy": "maximize"}
    several = STUDY.replace('"val_accuracy"', '["val_accuracy", "model_mb"]').replace(
        '"maximize"', '["maximize", "minimize"]'
    )
    assert parse_config(several, "study.toml").study.objectives == {"val_accuracy": "maximize", "model_mb": "minimize"}
    with pytest.raises(ConfigError, match="cmaes knows one objective; several: tpe, gp, nsgaii"):
        parse_config(several + '\n[sampler]\nname = "cmaes"\n', "study.toml")
