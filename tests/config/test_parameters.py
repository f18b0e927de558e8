"""The parameters of [search]."""

from __future__ import annotations

import tomllib

from sweep.config.parameters import AnyParameter, describe_parameter
from sweep.config.trainer_interface import ONE_PARAMETER

SEARCH = """
nesterov  = { type = "bool", when = { momentum = 0.9 } }
momentum  = { type = "categorical", choices = [0.0, 0.9], when = { optimizer = "sgd" } }
optimizer = { type = "categorical", choices = ["sgd", "adam", "adamw"] }
decay     = { type = "float", low = 0.0, high = 1.0, when = { optimizer = ["adam", "adamw"] } }
width     = { type = "int", low = 8, high = 64, step = 8, repeat = "blocks" }
blocks    = { type = "int", low = 1, high = 3 }
head      = { type = "int", low = 1, high = 9, repeat = 2, when = { blocks = 3 } }
epsilon   = { type = "fixed", value = 1e-8, when = { optimizer = "adam" } }
norm      = "batch"
"""


def search(text: str) -> dict[str, AnyParameter]:
    return {name: ONE_PARAMETER.validate_python(entry) for name, entry in tomllib.loads(text).items()}


def test_each_kind_is_described() -> None:
    there = search(SEARCH)
    assert describe_parameter(there["nesterov"]) == "false | true, when momentum is 0.9"
    assert describe_parameter(there["decay"]) == "float 0 to 1, when optimizer is adam or adamw"
    assert describe_parameter(there["width"]) == "int 8 to 64, step 8, for each of blocks"
    assert describe_parameter(there["norm"]) == "batch"
