"""What report, best, ensemble and dashboard print for a study without trials."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sweep.errors import StudyError
from sweep.study.study import Study
from tests.cli.commands import output_of


def test_report_has_four_formats(study: Study) -> None:
    assert "0 trials" in output_of("report")
    assert json.loads(output_of("report", "--format", "json"))["study"]["id"] == study.id
    assert output_of("report", "--format", "csv").startswith("rank,trial,")
    assert output_of("report", "--format", "markdown").startswith("|")
    assert "slot hours" in output_of("report", "--accounting")


def test_report_writes_files_instead(study: Study, folder: Path) -> None:
    text = output_of("report", "--html", "page.html", "--study", study.config.study.name)
    assert "page.html" in text
    assert (folder / "page.html").is_file()


@pytest.mark.usefixtures("study")
@pytest.mark.parametrize("words", [("best",), ("best", "--export", "winner"), ("ensemble",)])
def test_without_a_complete_trial_there_is_no_best(words: tuple[str, ...]) -> None:
    with pytest.raises(StudyError):
        output_of(*words)


def test_dashboard(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[object] = []
    monkeypatch.setattr("sweep.results.dashboard.serve_dashboard", lambda study, port, _: seen.extend([study.id, port]))
    output_of("dashboard", "--port", "9000")
    assert seen == [study.id, 9000]
