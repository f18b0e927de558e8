"""Sections of a study file that contradict each other."""

from __future__ import annotations

from typing import Any

import pytest

from sweep.config.consistency import configuration_mistakes, possible_values
from sweep.config.load import parse_config
from tests.actions import mistakes_after
from tests.samples import STUDY


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "step = 8",
            "step = 8, when = { lr = 5.0 }",
            "[search] width.when: lr cannot be 5.0; allowed: float 0.0001 to 0.1, log",
        ),
        ("step = 8", "step = 8, when = { activation = [] }", "[search] width.when: activation needs a value"),
        ("step = 8", "step = 8, when = { widht = 8 }", "[search] width.when: there is no parameter 'widht'"),
        ("step = 8", "step = 8, when = { width = 8 }", "[search] width.when: depends on itself"),
        ("step = 8", 'step = 8, repeat = "n_blocks"', "[search] width.repeat: there is no parameter 'n_blocks'"),
        (
            "[trainer]",
            "[constraints]\nparameters = ['widht < 3']\n[trainer]",
            "'widht' in 'widht < 3' is not a parameter; did",
        ),
        (
            '[trainer]\nepochs = 2\ndata = "photos"',
            "a = { type = 'categorical', choices = ['$(DOLLAR)'] }\n[trainer]\ncommand = ['run', '{a}']",
            "[trainer] command: {a} may be '$(DOLLAR)', but must not contain $(DOLLAR)",
        ),
        ("[trainer]", "[[trials]]\nlr = 3.0\n[trainer]", "[[trials]] 1: lr cannot be 3.0; allowed: float"),
        (
            "[trainer]",
            "[[trials]]\nrate = 3.0\n[trainer]",
            "[[trials]] 1: rate is not a parameter of this study. Its parameters: ",
        ),
        ('"512 MB"', '"40 * widht"', "[job] request_memory: widht is not a parameter; did you mean 'width'?"),
        ('"photos"\n\n[job]', '"fashion-mnist"\n[job]\ndata = "osdf:///x"', "[job] data: needs [trainer] data"),
    ],
)
def test_sections_that_contradict_each_other_are_named(old: str, new: str, expected: str) -> None:
    found = mistakes_after(old, new)
    assert any(expected in line for line in found), found


CONDITIONAL = """
optimizer = { type = "categorical", choices = ["sgd", "adam"] }
momentum  = { type = "float", low = 0.0, high = 1.0, step = 0.3, when = { optimizer = "sgd" } }
n_blocks  = { type = "int", low = 0, high = 3 }
kernel    = { type = "int", low = 1, high = 9, repeat = "n_blocks" }
kind      = "fast"
rate      = { type = "float", low = 0.0, high = 1.0 }
"""


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"momentum": 0.9, "rate": 1, "n_blocks": 3.0}, ""),
        ({"momentum": 0.3 + 1e-12, "optimizer": "sgd"}, ""),
        (
            {"momentum": 1.0},
            "momentum cannot be 1.0; allowed: float 0 to 1, step 0.3 (the largest is 0.9). The nearest: 0.9",
        ),
        ({"momentum": 0.9, "optimizer": "adam"}, "momentum has no effect with the other values: it needs optimizer = "),
        ({"kernel_3": 1, "n_blocks": 2}, "kernel_3 has no effect with the other values: it needs n_blocks = 3 or more"),
        ({"kernel_4": 1}, "kernel_4 is not a parameter of this study"),
        ({"kind": "fast"}, "kind is not a parameter of this study"),
        ({"n_blocks": True}, "n_blocks cannot be true"),
        ({"n_blocks": "3"}, 'n_blocks cannot be "3"'),
        ({"n_blocks": 2.5}, "n_blocks cannot be 2.5"),
        ({"n_blocks": 2**60}, "n_blocks cannot be"),
        ({"rate": float("nan")}, "rate cannot be nan"),
        ({"rate": float("inf")}, "rate cannot be inf"),
        ({"rate": 10**400}, "rate cannot be 1000"),
        ({"rate": [1]}, "rate cannot be [1]"),
        ({"rate": None}, "rate cannot be None"),
        ({"n_blocks": 0, "rate": 0.5}, "'rate / n_blocks < 1' cannot be computed with n_blocks = 0, rate = 0.5"),
        (
            {"n_blocks": 1, "rate": 1.0},
            "the values break the condition 'rate / n_blocks < 1' of [constraints] parameters",
        ),
    ],
)
def test_a_configuration_that_no_trial_can_have_is_explained(values: dict[str, Any], expected: str) -> None:
    text = STUDY[: STUDY.index("[search]")] + f"[search]\n{CONDITIONAL}\n[trainer]\ncommand = ['run']\n"
    config = parse_config(text + "[constraints]\nparameters = ['rate / n_blocks < 1']\n", "study.toml")
    (found,) = configuration_mistakes(config, values) or [""]
    assert expected in found
    assert bool(expected) == bool(found)


def test_values_become_those_that_trials_have() -> None:
    text = STUDY[: STUDY.index("[search]")] + f"[search]\n{CONDITIONAL}\n[trainer]\ncommand = ['run']\n"
    config = parse_config(text, "study.toml")
    found = possible_values(config, {"n_blocks": 3.0, "rate": 1, "momentum": 0.25, "x": 1})
    assert repr(found) == "{'n_blocks': 3, 'rate': 1.0}"
