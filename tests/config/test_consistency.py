"""Sections of a study file that contradict each other."""

from __future__ import annotations

import pytest

from tests.actions import mistakes_after


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
