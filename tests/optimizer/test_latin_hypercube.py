"""A first generation that fills the space evenly."""

from __future__ import annotations

import tomllib

from sweep.config.parameters import AnyParameter, FloatParameter, IntParameter
from sweep.config.trainer_interface import PARAMETER_ADAPTER
from sweep.optimizer.latin_hypercube import sample_value


def search(text: str) -> dict[str, AnyParameter]:
    return {name: PARAMETER_ADAPTER.validate_python(entry) for name, entry in tomllib.loads(text).items()}


def test_a_first_generation_meets_every_part_of_a_range_once() -> None:
    lr = FloatParameter(type="float", low=1e-4, high=1.0, log=True)
    width = IntParameter(type="int", low=1, high=8)
    flag = search("flag = { type = 'bool' }")["flag"]
    rates = sorted(sample_value("lr", lr, 7, index, 8) for index in range(8))
    assert all(
        10 ** (-4 + 0.5 * part) <= float(rate) < 10 ** (-4 + 0.5 * (part + 1)) for part, rate in enumerate(rates)
    )
    assert sorted(sample_value("width", width, 7, index, 8) for index in range(8)) == list(range(1, 9))
    assert sum(bool(sample_value("flag", flag, 7, index, 8)) for index in range(8)) == 4
    # No two parameters go through their ranges in step.
    assert [sample_value("a", width, 7, index, 8) for index in range(8)] != [
        sample_value("b", width, 7, index, 8) for index in range(8)
    ]
