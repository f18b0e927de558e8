"""What status and logs print, and their exit statuses."""

from __future__ import annotations

import json

import pytest

from sweep.errors import StudyError
from sweep.monitor.progress import Generation, Progress
from tests.cli.commands import output_of


@pytest.mark.usefixtures("study")
def test_status(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sweep.monitor.progress_reader.read_progress", lambda _: Progress([Generation(0, 3)], None, []))
    assert "tiny is not running." in output_of("status", status=3)
    assert json.loads(output_of("status", "--format", "json", "--study", "tiny", status=3))["state"] == "stopped"
    assert "tiny is not running." in output_of("status", "--watch", status=3)


@pytest.mark.usefixtures("study")
def test_logs_of_a_trial_that_does_not_exist() -> None:
    with pytest.raises(StudyError, match="trial 5"):
        output_of("logs", "5")
