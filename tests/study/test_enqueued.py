"""Configurations enqueued by a person, and another study's best."""

from __future__ import annotations

from pathlib import Path

import pytest

from sweep.control.initialise import initialise
from sweep.control.repair import repair_storage
from sweep.control.warm_start import enqueue_best
from sweep.errors import ConfigError, StudyError
from sweep.nodes.propose import propose
from sweep.results.report import collect_report
from sweep.study.enqueued import enqueue, parse_assignments, queued_configurations
from sweep.study.study import Study
from tests.actions import harvest


def test_words_are_values() -> None:
    words = ["lr=0.01", "width=16", "name=sgd", "flag=true", "odd=a = b", "empty=", "list=[1]", "day=2026-01-01"]
    assert parse_assignments(words) == {
        "lr": 0.01, "width": 16, "name": "sgd", "flag": True, "odd": "a = b", "empty": "", "list": "[1]",
        "day": "2026-01-01",
    }  # fmt: skip
    for word in ("lr", "=3", ""):
        with pytest.raises(ConfigError, match="is not NAME=VALUE"):
            parse_assignments([word])


def test_what_is_enqueued_is_tried_once_by_the_next_trials(study: Study) -> None:
    propose(study, 0)
    assert enqueue(study, "a", {"lr": 0.01, "width": 16})
    assert enqueue(study, "b", {"width": 24})
    assert not enqueue(study, "a", {"width": 32})
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
    [({"rate": 1.0}, "rate is not searched"), ({"lr": 5.0}, "lr is never 5.0"), ({"width": 9}, "never 9")],
)
def test_what_cannot_be_tried_is_refused(study: Study, values: dict[str, float], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        enqueue(study, "a", values)
    assert queued_configurations(study) == []


def test_a_damaged_file_is_named(study: Study) -> None:
    for text in ("{", "[1]\n", '{"name": "a"}\n'):
        study.paths.enqueued.write_text(text)
        with pytest.raises(StudyError, match=r"enqueued\.jsonl cannot be read"):
            queued_configurations(study)


def test_another_study_s_best_are_tried_first(study: Study, study_file: Path) -> None:
    for trial in propose(study, 0):
        value = 0.1 * (trial.number + 1)
        lines = [f'{{"step": {step}, "val_accuracy": {value}}}\n' for step in (1, 2)]
        study.paths.trial(trial.number).metrics.write_text("".join(lines))
        harvest(study.paths, trial.number, 0)
    best = [trial["params"] for trial in collect_report(study).ranked]
    study_file.write_text(study_file.read_text().replace('"tiny"', '"next"').replace("low = 8,", "low = 64,"))
    other, _ = initialise(study_file, lambda _: None)
    for _ in range(2):
        enqueue_best(other, collect_report(study), 2)
    first = propose(other, 0)
    for trial, params in zip(first[:2], best, strict=False):
        assert (trial.params["lr"], trial.params["activation"]) == (params["lr"], params["activation"])
        assert trial.params["width"] == 64
    assert len(queued_configurations(other)) == 2
