"""What a report says of each trial, and which is best."""

from __future__ import annotations

from typing import Any

import pytest

from sweep.control.initialise import initialise
from sweep.results.report import Report, build_report
from tests.samples import REPORT_ROWS


def test_the_best_come_first_and_of_equals_the_earlier(there: Report) -> None:
    assert [trial["number"] for trial in there.ranked] == [1, 3, 0]
    assert there.study["counts"] == {"COMPLETE": 3, "FAIL": 1, "RUNNING": 1}
    assert there.study["best"] == [1]


def test_minimising_turns_the_ranks(study_file: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sweep.control.initialise.sweep_commit", lambda: None)
    study_file.write_text(study_file.read_text().replace("maximize", "minimize"))
    study, _ = initialise(study_file, lambda _: None)
    assert [trial["number"] for trial in build_report(study, REPORT_ROWS[:4]).ranked] == [0, 1, 3]
