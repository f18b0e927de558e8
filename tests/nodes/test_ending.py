"""When a study asks for no more: by its limits, or because there is nothing more to ask for."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sweep.config.load import parse_config
from sweep.control.initialise import initialise
from sweep.nodes.ending import reason_to_end
from sweep.nodes.propose import propose
from sweep.optimizer.stored_study import StoredStudy
from sweep.optimizer.trial_row import TrialRow
from sweep.study.study import Study
from tests.actions import harvest
from tests.samples import GOOD, STUDY, row

pytestmark = pytest.mark.slow

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ROWS = [
    row(0, "COMPLETE", 0.5),
    row(1, "COMPLETE", 0.75, duration_s=3600.0),
    row(2, "FAIL"),
    row(3, "PRUNED"),
    row(4, "COMPLETE", 0.75),
    row(5, "RUNNING", duration_s=None),
]


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ("", ""),
        ("target = 0.75", "trial 1 reached the target: val_accuracy 0.75"),
        ("target = 0.76", ""),
        ("patience = 3", "no improvement in 3 trials since trial 1: val_accuracy 0.75"),
        ("patience = 4", ""),
        ("slot_hours = 1.06", "the budget of 1.06 slot hours is used up (1.07 in the trials that have ended)"),
        ("slot_hours = 1.1", ""),
        ("until = 2026-11-23T11:59:00Z", "the deadline 2026-11-23 11:59:00+00:00 has passed"),
        ("until = 2026-11-23T12:01:00Z", ""),
        ("until = 2026-11-22", "the deadline 2026-11-22 has passed"),
        ("until = 2026-11-25", ""),
    ],
)
def test_limits(limits: str, said: str) -> None:
    assert reason_to_end(parse_config(f"{STUDY}[limits]\n{limits}\n", "study.toml"), ROWS, NOW) == said


def test_what_keeps_no_constraint_reaches_no_target_and_minimising_turns_it() -> None:
    there = parse_config(f"{STUDY}[limits]\ntarget = 0.75\n".replace("maximize", "minimize"), "study.toml")
    broken: TrialRow = replace(ROWS[0], violations={"a < 1": 2.0})
    assert reason_to_end(there, [broken, row(1, "COMPLETE", 0.8)], NOW) == ""
    assert reason_to_end(there, [broken, row(1, "COMPLETE", 0.8), row(2, "COMPLETE", 0.7)], NOW).startswith(
        "trial 2 reached"
    )


def test_a_day_begins_at_this_machine_s_midnight() -> None:
    there = parse_config(f"{STUDY}[limits]\nuntil = 2026-11-25\n", "study.toml")
    midnight = datetime(2026, 11, 25).astimezone()
    assert reason_to_end(there, [], midnight - timedelta(seconds=1)) == ""
    assert reason_to_end(there, [], midnight)


def make(study_file: Path, monkeypatch: pytest.MonkeyPatch, more: str, text: str = STUDY) -> Study:
    monkeypatch.setattr("sweep.control.initialise.sweep_commit", lambda: None)
    study_file.write_text(text + more)
    return initialise(study_file, lambda _: None)[0]


def finish(study: Study, generation: int) -> list[int]:
    trials = propose(study, generation)
    for trial in trials:
        study.paths.trial(trial.number).metrics.write_text(GOOD)
        harvest(study.paths, trial.number, 0)
    return [trial.number for trial in trials]


def test_a_generation_after_the_end_is_not_asked_for(study_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = make(study_file, monkeypatch, "[limits]\ntarget = 0.7\n")
    assert finish(study, 0) == [0, 1, 2]
    assert finish(study, 1) == []
    assert study.paths.ended.read_text().startswith("trial 0 reached the target")
    # What has been asked for is gone on with.
    assert finish(study, 0) == [0, 1, 2]


GRID = """
[study]
name = "tiny"
metric = "val_accuracy"
direction = "maximize"
trials_per_generation = 4
[search]
width = {{ type = "int", low = 8, high = 24, step = 8 }}
activation = {{ type = "categorical", choices = ["relu", "gelu"] }}
[sampler]
name = "{name}"
[trainer]
epochs = 2
data = "photos"
"""


@pytest.mark.parametrize("name", ["grid", "bruteforce"])
@pytest.mark.parametrize("more", ["", "[[trials]]\nwidth = 16\nactivation = 'gelu'\n"])
def test_what_can_be_listed_is_tried_once_and_then_the_study_ends(
    study_file: Path, monkeypatch: pytest.MonkeyPatch, name: str, more: str
) -> None:
    study = make(study_file, monkeypatch, more, GRID.format(name=name))
    assert len(finish(study, 0)) == 4
    assert len(finish(study, 1)) == 2
    assert finish(study, 2) == []
    assert study.paths.ended.read_text() == "all configurations have been tried\n"
    tried = [tuple(trial.params.items()) for trial in StoredStudy.open(study, writing=False).rows()]
    assert len(set(tried)) == len(tried) == 6
