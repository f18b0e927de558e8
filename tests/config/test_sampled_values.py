"""Values from anywhere in a search space."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sweep.config.conditions import expand_parameters
from sweep.config.parameters import AnyParameter, FloatParameter, IntParameter, is_possible_value
from sweep.config.sampled_values import SAMPLES, sampled_values, value_at_share
from tests.samples import SEARCH, search

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
    st.tuples(st.floats(-1e6, 1e6), st.floats(0, 1e6), st.floats(0.5, 1e3)).map(
        lambda shape: FloatParameter(type="float", low=shape[0], high=shape[0] + shape[1], step=shape[2])
    ),
)


@given(RANGES, st.floats(0, 1, exclude_max=True))
def test_any_share_of_a_range_lies_within_it(parameter: AnyParameter, share: float) -> None:
    assert is_possible_value(parameter, value_at_share(parameter, share))


def test_each_value_of_a_short_list_is_among_them_and_conditions_hold() -> None:
    candidates = expand_parameters(search(SEARCH))
    found = list(sampled_values(candidates, {"nesterov", "width_3"}))
    assert {values.get("nesterov") for values in found} == {None, False, True}
    assert {values["blocks"] for values in found} == {1, 2, 3}
    assert {values.get("width_3") for values in found} == {None, *range(8, 65, 8)}
    assert all(("nesterov" in values) == (values.get("momentum") == 0.9) for values in found)
    assert found == list(sampled_values(candidates, {"nesterov", "width_3"}))
    assert len(found) < SAMPLES + 50


HUGE = """
n = { type = "int", low = -9007199254740992, high = 9007199254740992 }
k = { type = "int", low = 1, high = 9007199254740992, log = true }
x = { type = "float", low = 0.0, high = 1.0, step = 1e-7 }
r = { type = "int", low = 0, high = 1000000000, repeat = 1000 }
"""


def test_no_range_is_listed() -> None:
    candidates = expand_parameters(search(HUGE))
    values = list(sampled_values(candidates, {"n", "k", "x", "r_7"}))
    assert len(values) == SAMPLES
    assert all(is_possible_value(search(HUGE)[name], value[name]) for value in values for name in ("n", "k", "x"))
