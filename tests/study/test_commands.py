"""The commands that messages print."""

from __future__ import annotations

import pytest

from sweep.study.commands import command_line, resume_command
from sweep.study.study import Study


def test_a_command_names_the_study_if_it_was_named() -> None:
    assert command_line("report", None) == "sweep report"
    assert command_line("report", "tiny") == "sweep report --study tiny"


@pytest.mark.parametrize(
    ("lanes", "command"), [(0, "sweep launch --generations 4"), (2, "sweep launch --generations 4 --lanes 2")]
)
def test_a_sweep_resumes_as_it_was_launched(study: Study, lanes: int, command: str) -> None:
    study.paths.lanes.mkdir(parents=True)
    study.paths.planned.write_text("4\n")
    for number in range(lanes):
        study.paths.lane_trial(f"lane-{number:04}").write_text(f"{number}\n")
    assert resume_command(study, None) == command
