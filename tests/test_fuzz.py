"""Any study file is read, or refused in words; never a traceback, never a study half made."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sweep.config.conditions import expand_parameters
from sweep.config.load import parse_config
from sweep.config.parameters import PARAMETER_TYPES
from sweep.config.sections import StudyConfig
from sweep.control.initialise import initialise
from sweep.errors import ConfigError, SweepError
from sweep.trial.result import Result
from sweep.trial.spec import TrialSpec
from tests.samples import OWN, STUDY, examples

FULL = (
    STUDY.replace("[trainer]", 'n_blocks = { type = "int", low = 1, high = 3, repeat = 2 }\nnorm = "batch"\n[trainer]')
    + '[limits]\nretries = 3\n[sampler]\nname = "tpe"\ngroup = true\n[constraints]\nparameters = ["width <= 64"]\n'
    + "[[trials]]\nlr = 0.01\n"
)

FRAGMENTS = [
    "nan", "inf", "-1", "0", "1e-300", "1e999", "9007199254740993", "99999999999999999999", "true", '""', '"x"', "[]",
    "{}", "[[1]]", "{ lr = 1 }", "[search]", "[study]", "[[trials]]", "[job]", "type", "when = { width = 8 }",
    'repeat = "width"', "repeat = 0", '"\\u0000"', '"${HOME}"', '"a\\nQUEUE 5"', "2026-01-01", "\x00", "é", "\n", ",",
    "=", '"', "lr.low = 1", "width ** 999999999 > 0", "lr / 0 > 1", '"{lr}{rl}"', "()", "(width)",
]  # fmt: skip

Edits = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 12), st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=8))),
    min_size=1,
    max_size=4,
)


def edited(text: str, edits: list[tuple[float, int, str]]) -> str:
    """The text with pieces of some length, at some places, replaced."""
    for place, length, fragment in edits:
        start = int(place * len(text))
        text = text[:start] + fragment + text[start + length :]
    return text


@settings(max_examples=examples(400), deadline=None)
@given(st.sampled_from([FULL, OWN]), Edits)
def test_any_text_is_a_study_or_is_refused_in_words(text: str, edits: list[tuple[float, int, str]]) -> None:
    try:
        found = parse_config(edited(text, edits), "study.toml")
    except ConfigError as error:
        assert all(line for line in str(error).splitlines())  # noqa: PT017
        return
    assert isinstance(found, StudyConfig)
    assert expand_parameters(found.search)


@settings(max_examples=examples(300), deadline=None)
@given(st.sampled_from(sorted(PARAMETER_TYPES)), st.dictionaries(st.text(max_size=5), st.integers() | st.text()))
def test_any_table_is_a_parameter_or_is_refused(kind: str, table: dict[str, object]) -> None:
    entry = ", ".join(f"{key!r} = {value!r}" for key, value in table.items() if "'" not in key and key.isalnum())
    try:
        parse_config(STUDY.replace("[trainer]", f"x = {{ type = '{kind}', {entry} }}\n[trainer]"), "study.toml")
    except ConfigError as error:
        assert "study.toml: " in str(error)  # noqa: PT017


@given(st.text() | st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists).map(repr))
def test_no_text_breaks_a_trial_s_records(text: str) -> None:
    for kind in (TrialSpec, Result):
        with pytest.raises(ValueError, match=r".*"):
            kind.from_json(text)


@settings(max_examples=examples(60), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(edits=Edits)
def test_a_file_that_is_refused_leaves_nothing(study_file: Path, edits: list[tuple[float, int, str]]) -> None:
    text = edited(STUDY, edits)
    study_file.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sweep.control.initialise.sweep_commit", lambda: None)
        patch.setattr("sweep.optimizer.stored_study.StoredStudy.create", lambda _: _Made())
        try:
            initialise(study_file, lambda _: None)
        except SweepError:
            assert not any(Path("runs").glob("*/provenance.json"))
    for made in sorted(Path("runs").rglob("*"), reverse=True) if Path("runs").exists() else []:
        made.rmdir() if made.is_dir() else made.unlink()


class _Made:
    def close(self) -> None:
        return
