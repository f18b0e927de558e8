"""What a report says of each trial, and which is best."""

from __future__ import annotations

from typing import Any

import pytest

from sweep.control.initialise import initialise
from sweep.results.report import Report, build_report
from sweep.study.study import Study
from tests.samples import row

ROWS = [
    row(0, "COMPLETE", 0.5),
    row(1, "COMPLETE", 0.75),
    row(2, "FAIL", steps=1, reason="exit status 1: [bold]no photos[/bold]"),
    row(3, "COMPLETE", 0.75, attempts=3),
    row(4, "RUNNING", attempts=None, duration_s=None, steps=None),
]


@pytest.fixture
def there(study: Study) -> Report:
    study.paths.trial(4).root.mkdir(parents=True)
    for number in (0, 1, 3):
        study.paths.trial(number).root.mkdir()
        study.paths.trial(number).checkpoint.write_text("a model")
    study.paths.trial(4).job_log.write_text("001 (1.0.0) 2026-11-23 05:58:25 Job executing on host\n...\n")
    return build_report(study, ROWS)


def test_the_best_come_first_and_of_equals_the_earlier(there: Report) -> None:
    assert [trial["number"] for trial in there.ranked] == [1, 3, 0]
    assert there.study["counts"] == {"COMPLETE": 3, "FAIL": 1, "RUNNING": 1}
    assert there.study["best"] == [1]


def test_minimising_turns_the_ranks(study_file: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sweep.control.initialise.sweep_commit", lambda: None)
    study_file.write_text(study_file.read_text().replace("maximize", "minimize"))
    study, _ = initialise(study_file, lambda _: None)
    assert [trial["number"] for trial in build_report(study, ROWS[:4]).ranked] == [0, 1, 3]
