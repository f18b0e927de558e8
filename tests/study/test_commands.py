"""The commands that messages print."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sweep.paths import CURRENT
from sweep.study.commands import command_line, report_command, resume_command, study_command
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


def test_a_command_names_a_study_that_is_not_the_default(study: Study) -> None:
    assert study_command(study, "status --watch") == "sweep status --watch"
    CURRENT.write_text("other\n")
    assert study_command(study, "status --watch") == "sweep status --watch --study tiny"


def test_the_report_of_a_confirmation_is_that_of_its_study(study: Study) -> None:
    assert report_command(study) == "sweep report"
    section = study.config.study.model_copy(update={"name": "tiny-confirm", "confirms": "tiny"})
    confirmation = replace(study, config=study.config.model_copy(update={"study": section}))
    assert report_command(confirmation) == "sweep report"
    CURRENT.write_text("other\n")
    assert report_command(confirmation) == "sweep report --study tiny"
