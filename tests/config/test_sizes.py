"""What a trial asks for by its parameters: computed, and checked at the ends of all ranges."""

from __future__ import annotations

import pytest

from sweep.config.conditions import TrialParameter, expand_parameters
from sweep.config.load import parse_config
from sweep.config.sizes import check_size, corner_values, size_in_unit
from tests.samples import STUDY


def asked(search: str) -> list[TrialParameter]:
    text = STUDY[: STUDY.index("[search]")] + f"[search]\n{search}\n[trainer]\ncommand = ['run']\n"
    return expand_parameters(parse_config(text, "study.toml").search)


@pytest.mark.parametrize(
    ("size", "unit", "wanted"),
    [
        ("2 GB", "M", 2048),
        (300, "M", 300),
        ("1.5G", "K", 1572864),
        ("512 + 40 * width", "M", 832),
        ("width / 3", "K", 3),
    ],
)
def test_amounts_in_htcondor_s_units(size: str | int, unit: str, wanted: int) -> None:
    assert size_in_unit(check_size(size), unit, {"width": 8}) == wanted


CONDITIONAL = """
architecture = { type = "categorical", choices = ["convnet", "resnet18"] }
width = { type = "int", low = 8, high = 64, when = { architecture = "convnet" } }
depth = { type = "int", low = 1, high = 9 }
hidden = { type = "float", low = 0.5, high = 2.0, when = { depth = [3, 9] } }
"""


def test_corners_are_the_ends_that_a_trial_may_have() -> None:
    found = list(corner_values(asked(CONDITIONAL), {"width"}))
    assert {(corner["architecture"], corner.get("width")) for corner in found} == {
        ("convnet", 8),
        ("convnet", 64),
        ("resnet18", None),
    }
    found = list(corner_values(asked(CONDITIONAL), {"hidden"}))
    assert {(corner["depth"], corner.get("hidden")) for corner in found} == {
        (1, None), (3, 0.5), (3, 2.0), (9, 0.5), (9, 2.0),
    }  # fmt: skip
