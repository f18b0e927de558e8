"""Configurations enqueued by a person, and another study's best."""

from __future__ import annotations

import re

import pytest

from sweep.control.repair import repair_storage
from sweep.errors import ConfigError, StudyError
from sweep.nodes.propose import propose
from sweep.study.enqueued import parse_assignments, queue_configuration, queued_configurations
from sweep.study.study import Study


def test_words_are_values(study: Study) -> None:
    words = ["lr=0.01", "width=16", "name=sgd", "flag=true", "odd=a = b", "empty=", "list=[1]", "day=2026-01-01"]
    assert parse_assignments(study, "enqueue", words) == {
        "lr": 0.01, "width": 16, "name": "sgd", "flag": True, "odd": "a = b", "empty": "", "list": "[1]",
        "day": "2026-01-01",
    }  # fmt: skip
    for word in ("lr", "=3", ""):
        with pytest.raises(ConfigError, match="is not NAME=VALUE") as caught:
            parse_assignments(study, "try", [word])
        assert re.fullmatch(r"For example: sweep try \w+=\S+", caught.value.advice)


def test_what_is_enqueued_is_tried_once_by_the_next_trials(study: Study) -> None:
    propose(study, 0)
    assert queue_configuration(study, "a", {"lr": 0.01, "width": 16})
    assert queue_configuration(study, "b", {"width": 24})
    assert not queue_configuration(study, "a", {"width": 32})
    trials = propose(study, 1)
    assert [trial.params["width"] for trial in trials[:2]] == [16, 24]
    assert trials[0].params["lr"] == 0.01
    # Also after the storage was made anew from the trials' files.
    study.paths.database.unlink()
    assert repair_storage(study)
    again = propose(study, 2)
    assert [trial.params["width"] for trial in again] != [16, 24, 16]
    assert {trial.sampler.get("sweep:taken") for trial in again} == {None}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"rate": 1.0}, "rate is not a parameter of this study. Its parameters: "),
        ({"lr": 5.0}, "lr cannot be 5.0"),
        ({"width": 9}, "cannot be 9"),
    ],
)
def test_what_cannot_be_tried_is_refused(study: Study, values: dict[str, float], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        queue_configuration(study, "a", values)
    assert queued_configurations(study) == []


def test_a_damaged_file_is_named(study: Study) -> None:
    for text in ("{", "[1]\n", '{"name": "a"}\n'):
        study.paths.enqueued.write_text(text)
        with pytest.raises(StudyError, match=r"enqueued\.jsonl cannot be read"):
            queue_configuration(study, "b", {"width": 16})


DAMAGED = [
    b"{", b"[1]", b'{"name": "x"}', b'{"name": ["x"], "params": {}}', b'{"name": "x", "params": [1]}',
    b'{"name": "x", "params": {"lr": [1]}}', b'{"name": "x", "params": {"lr": null}}', b"\xff\xfe", b"[" * 100_000,
    b'{"name": "a", "params": {"width": 24}}',
]  # fmt: skip
"""Lines that hold no configuration; the last one has a name that another line has."""


def test_a_script_skips_damaged_lines_with_a_note(study: Study, capsys: pytest.CaptureFixture[str]) -> None:
    good = [b'{"name": "a", "params": {"width": 16}}', b'{"name": "b", "params": {"width": 24}}']
    study.paths.enqueued.write_bytes(b"\n\n".join([good[0], *DAMAGED, good[1]]) + b"\n")
    assert queued_configurations(study) == [("a", {"width": 16}), ("b", {"width": 24})]
    said = capsys.readouterr().err
    assert len(said.splitlines()) == len(DAMAGED)
    assert "enqueued.jsonl cannot be read, line 3: " in said
    study.paths.enqueued.unlink()
    study.paths.enqueued.mkdir()
    assert queued_configurations(study) == []


def test_a_value_is_queued_as_trials_have_it(study: Study) -> None:
    assert queue_configuration(study, "a", {"width": 16.0})
    assert repr(queued_configurations(study)[0][1]["width"]) == "16"


def test_a_configuration_that_no_trial_can_have_is_skipped_and_the_next_one_runs(
    study: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = ['{"width": 9}', '{"width": 1e400}', '{"width": true}', '{"lr": "0.01"}', '{"lr": NaN}', '{"rate": 1}']
    lines = [f'{{"name": "bad {number}", "params": {params}}}\n' for number, params in enumerate(bad)]
    study.paths.enqueued.write_text("".join(lines) + '{"name": "good", "params": {"width": 16, "lr": 0.01}}\n')
    trials = propose(study, 0)
    assert (trials[0].params["width"], trials[0].params["lr"]) == (16, 0.01)
    assert [trial.sampler.get("sweep:taken") for trial in trials] == ["good", None, None]
    said = capsys.readouterr().err
    assert "skipped a queued configuration (width = 9): width cannot be 9; allowed: int 8 to 64, step 8" in said
    assert len(said.splitlines()) == len(bad)
