"""The section [trainer]."""

from __future__ import annotations

import pytest

from sweep.config.load import parse_config
from sweep.errors import ConfigError
from tests.actions import mistakes_after
from tests.samples import STUDY


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('data = "photos"', 'data = "a,b"', "[trainer] data: must not contain a comma"),
        ('data = "photos"', 'data = "a\\nb"', "[trainer] data: must be one line"),
        ('data = "photos"', 'data = ""', "[trainer] data: must not be empty"),
        ('data = "photos"', "data = 'http://x/y\\'", "[trainer] data: must be one line of printable characters"),
        (
            'data = "photos"',
            'data = "fashion-mnist"\nclasses = ["Shrt", "Coat"]',
            "no class 'Shrt'; did you mean 'Shirt'?",
        ),
        ('data = "photos"', 'data = "photos"\nclasses = ["cat", "cat"]', "[trainer] classes: has 'cat' twice"),
    ],
)
def test_an_impossible_value_is_named(old: str, new: str, expected: str) -> None:
    found = mistakes_after(old, new)
    assert any(expected in line for line in found), found


def test_a_secret_in_a_job_s_environment_is_refused() -> None:
    program = 'command = ["./train"]\nenvironment = {{ {name} = "SECRET" }}'
    for name in ("WANDB_API_KEY", "HF_TOKEN", "MLFLOW_TRACKING_PASSWORD"):
        text = STUDY.replace('data = "photos"', program.format(name=name))
        with pytest.raises(ConfigError, match=f"must not have {name}, which looks like a secret") as caught:
            parse_config(text, "study.toml")
        assert "SECRET" not in str(caught.value)
    parse_config(STUDY.replace('data = "photos"', program.format(name="TOKENIZERS_PARALLELISM")), "study.toml")
