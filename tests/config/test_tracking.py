"""The section [tracking], which holds no secret."""

from __future__ import annotations

import pytest

from sweep.config.load import parse_config
from sweep.errors import ConfigError
from tests.samples import STUDY


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('mlflow = "https://ada:SECRET@host/"', "must not contain a user or a password"),
        ('mlflow = "https://SECRET@host/"', "must not contain a user or a password"),
        ('mlflow = "postgresql://ada:SECRET@host/db"', "must not contain a user or a password"),
        ('mlflow = "postgresql://ada@host/db?password=SECRET"', "must not contain a user or a password"),
        ('wandb = "0123456789abcdef0123456789abcdef01234567"', "must not be an API key"),
        ('wandb = "wandb_v1_SECRET"', "must not be an API key"),
        ('wandb = "a/b/c"', "must be the name of a project"),
        ('wandb_api_key = "SECRET"', "unknown key"),
        ("tensorboard = 1", "must be true or false"),
    ],
)
def test_what_is_no_tracker_or_a_secret_is_refused_without_repeating_it(line: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(f"{STUDY}\n[tracking]\n{line}\n", "study.toml")
    assert said in str(caught.value)
    assert "SECRET" not in str(caught.value)
    assert "0123456789abcdef" not in str(caught.value)


def test_what_is_no_secret_is_taken() -> None:
    lines = 'mlflow = "postgresql://ada@host/db"\nwandb = "lab/my-project"\ntensorboard = true'
    assert parse_config(f"{STUDY}\n[tracking]\n{lines}\n", "study.toml").tracking.names == [
        "tensorboard",
        "mlflow",
        "wandb",
    ]
