"""The parameters of [search]."""

from __future__ import annotations

import pytest

from sweep.config.parameters import describe_parameter
from tests.actions import mistakes_after
from tests.samples import SEARCH, search


def test_each_kind_is_described() -> None:
    there = search(SEARCH)
    assert describe_parameter(there["nesterov"]) == "false | true, when momentum is 0.9"
    assert describe_parameter(there["decay"]) == "float 0 to 1, when optimizer is adam or adamw"
    assert describe_parameter(there["width"]) == "int 8 to 64, step 8, for each of blocks"
    assert describe_parameter(there["norm"]) == "batch"


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("low = 1e-4, high = 1e-1", "low = 1.0, high = 0.1", "[search] lr: low (1.0) is greater than high (0.1)"),
        ("low = 1e-4,", "low = 0.0,", "[search] lr: log = true needs low > 0, not 0.0"),
        ("step = 8", "step = 8, log = true", "[search] width: log and step exclude each other"),
        ('"gelu", "silu"', '"gelu", "relu"', "[search] activation.choices: has 'relu' twice"),
        ('["relu", "gelu", "silu"]', "[]", "[search] activation.choices: must not be empty"),
        ("[search]", "[search]\nmomentum = 2.0", "[search] momentum: must be at least 0.0 and at most 0.9999"),
    ],
)
def test_an_impossible_parameter_is_named(old: str, new: str, expected: str) -> None:
    found = mistakes_after(old, new)
    assert any(expected in line for line in found), found
