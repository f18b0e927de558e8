"""Parameters as ClassAd attributes of a trial's job."""

from __future__ import annotations

import re
from urllib.parse import unquote

from hypothesis import given
from hypothesis import strategies as st

from sweep.trial.spec import TrialSpec
from sweep.workflow.attributes import attribute_names, classad_value, node_vars


def spec(number: int, **params: object) -> TrialSpec:
    return TrialSpec(number, 1, number, params, 0, 0, 2, ["acc"], {})  # type: ignore[arg-type]


def unescape(text: str) -> str:
    """A VARS value as DAGMan reads it (dag_parser.cpp): backslash escapes backslash and quote."""
    return re.sub(r"\\(.)", r"\1", text)


@given(st.text())
def test_any_string_survives_the_dag_line(value: str) -> None:
    line = node_vars(spec(1, activation=value))
    assert line.isascii()
    assert line.isprintable()
    assert "$" not in line
    match = re.search(r'My\.SweepParam_activation="((?:[^"\\]|\\.)*)"$', line)
    assert match
    literal = unescape(match[1])
    assert literal[0] == literal[-1] == '"'
    assert "\\" not in literal
    assert '"' not in literal[1:-1]
    assert unquote(literal[1:-1]) == value.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers() | st.booleans())
def test_any_number_survives_the_dag_line(value: float) -> None:
    literal = classad_value(value)
    assert literal == ("true" if value else "false") if isinstance(value, bool) else float(literal) == float(value)


def test_plain_values_stay_readable() -> None:
    line = node_vars(spec(42, lr=0.001, n_blocks=2, activation="relu"))
    assert line == (
        'trial="00042" My.SweepTrial="42" My.SweepGeneration="1" My.SweepParam_lr="0.001" '
        'My.SweepParam_n_blocks="2" My.SweepParam_activation="\\"relu\\""'
    )


def test_names_that_differ_in_case_alone_become_attributes_that_differ() -> None:
    found = dict(attribute_names(["x", "X", "X_2", "y"]))
    assert found == {"x": "SweepParam_x", "X": "SweepParam_X_2", "X_2": "SweepParam_X_2_2", "y": "SweepParam_y"}
    line = node_vars(spec(1, x=1, X=2))
    assert line.endswith('My.SweepParam_x="1" My.SweepParam_X_2="2"')
