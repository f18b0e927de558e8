"""A first generation that fills the space evenly."""

from __future__ import annotations

import tomllib

from hypothesis import given
from hypothesis import strategies as st

from sweep.config.parameters import AnyParameter, FloatParameter, IntParameter, is_possible_value
from sweep.config.trainer_interface import PARAMETER_ADAPTER
from sweep.optimizer.latin_hypercube import sample_value, value_at_share


def search(text: str) -> dict[str, AnyParameter]:
    return {name: PARAMETER_ADAPTER.validate_python(entry) for name, entry in tomllib.loads(text).items()}


RANGES = st.one_of(
    st.tuples(st.floats(-1e300, 1e300), st.floats(-1e300, 1e300)).map(
        lambda ends: FloatParameter(type="float", low=min(ends), high=max(ends))
    ),
    st.tuples(st.floats(1e-300, 1e300), st.floats(1e-300, 1e300)).map(
        lambda ends: FloatParameter(type="float", low=min(ends), high=max(ends), log=True)
    ),
    st.tuples(st.integers(-(2**53), 2**53), st.integers(0, 10**6), st.integers(1, 100)).map(
        lambda shape: IntParameter(
            type="int", low=min(shape[0], 2**53 - 10**6), high=min(shape[0], 2**53 - 10**6) + shape[1], step=shape[2]
        )
    ),
    st.tuples(st.integers(1, 2**53), st.integers(1, 2**53)).map(
        lambda ends: IntParameter(type="int", low=min(ends), high=max(ends), log=True)
    ),
)


@given(RANGES, st.floats(0, 1, exclude_max=True))
def test_any_share_of_a_range_lies_within_it(parameter: AnyParameter, share: float) -> None:
    assert is_possible_value(parameter, value_at_share(parameter, share))


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
