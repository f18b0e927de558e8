"""What a job runs where no container is named."""

from __future__ import annotations

import importlib.util
import shutil
import sys
from pathlib import Path

import pytest

from sweep.control import software
from sweep.control.initialise import initialise
from sweep.control.software import check_software, container_note, job_program, program_mistake
from sweep.errors import StudyError
from sweep.study.study import Study

SHIPPED = 'epochs = 2\ndata = "photos"'


def with_trainer(study_file: Path, trainer: str, more: str = "") -> Study:
    """Return the study with another [trainer] section."""
    study_file.write_text(study_file.read_text().replace(SHIPPED, trainer) + more)
    return initialise(study_file, lambda _: None)[0]


def test_the_shipped_trainer_runs_in_this_python(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    assert job_program(study) == Path(sys.executable)
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(StudyError, match="no torch") as caught:
        check_software(study)
    assert "container_image" in caught.value.advice


def test_a_program_of_this_machine_is_found_on_the_path(study_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = with_trainer(study_file, 'command = ["train-it", "--fast"]')
    with pytest.raises(StudyError, match="there is no train-it on this machine"):
        check_software(study)
    monkeypatch.setattr(shutil, "which", lambda name: f"/opt/{name}")
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    check_software(study)
    assert job_program(study) == Path("/opt/train-it")


def test_a_container_needs_nothing_here(study_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    study = with_trainer(study_file, SHIPPED, '\ncontainer_image = "osdf:///x/torch.sif"\n')
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    check_software(study)
    assert container_note(study) == ""


def test_without_one_a_pool_elsewhere_is_warned_of(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    assert str(job_program(study)) in container_note(study)
    monkeypatch.setattr(software, "is_personal", lambda: True)
    assert container_note(study) == ""


@pytest.mark.parametrize(
    ("program", "packages", "said"),
    [
        ("/opt/py thon#$(x)/bin/python", "/opt/lib", ""),
        ("/opt/py\nthon/bin/python", "/opt/lib", "cannot hold the path"),
        ("/opt/bin/python ", "/opt/lib", "cannot hold the path"),
        ("/opt/bin/python", "/opt/a:b/lib", "the path has a colon"),
    ],
)
def test_a_python_whose_path_htcondor_cannot_hold_is_named(program: str, packages: str, said: str) -> None:
    mistake = program_mistake(Path(program), Path(packages))
    assert said in mistake
    assert bool(said) == bool(mistake)


def test_a_launch_is_refused_if_scripts_could_not_find_sweep(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(software, "PACKAGE", Path("/opt/a:b/sweep"))
    with pytest.raises(StudyError, match="colon"):
        check_software(study)
