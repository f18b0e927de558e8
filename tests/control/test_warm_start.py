"""Queueing the best configurations of another study."""

from __future__ import annotations

from pathlib import Path

from sweep.control.initialise import initialise
from sweep.control.warm_start import queue_best_trials
from sweep.nodes.propose import propose
from sweep.results.report import collect_report
from sweep.study.enqueued import queued_configurations
from sweep.study.study import Study
from tests.actions import harvest


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
        queue_best_trials(other, collect_report(study), 2)
    first = propose(other, 0)
    for trial, params in zip(first[:2], best, strict=False):
        assert (trial.params["lr"], trial.params["activation"]) == (params["lr"], params["activation"])
        assert trial.params["width"] == 64
    assert len(queued_configurations(other)) == 2
