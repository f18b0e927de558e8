"""`sweep container`: pinned packages, and definitions that a shell and a parser can read."""

from __future__ import annotations

import re
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from sweep.control import container
from sweep.control.initialise import initialise
from sweep.errors import ConfigError
from sweep.study.study import Study
from tests.samples import STUDY


def sections(definition: str) -> dict[str, list[str]]:
    """An Apptainer definition as Apptainer reads it: header keys, and the lines of each %section."""
    found: dict[str, list[str]] = {"": []}
    lines = found[""]
    for line in definition.splitlines():
        if heading := re.fullmatch(r"%(\w+)", line):
            lines = found.setdefault(heading[1], [])
        elif line.strip() and not line.lstrip().startswith("#"):
            lines.append(line.strip())
    return found


def is_shell(script: str) -> bool:
    return subprocess.run(["sh", "-n"], input=script, text=True, check=False).returncode == 0


@pytest.mark.parametrize("base", ["x y", "x\nRUN y", "", "$(x)", "-x"])
def test_what_is_no_image_is_refused(base: str) -> None:
    with pytest.raises(ConfigError, match="--base"):
        container.define_image("tiny", [], base, has_trainer=True)


@pytest.mark.processes
@pytest.mark.parametrize("base", [container.BASE, "nvidia/cuda:13.0.1-runtime-ubuntu24.04"])
def test_definitions_can_be_read(base: str) -> None:
    texts = container.define_image("tiny", [Requirement("rich")], base, has_trainer=True).texts
    parts = sections(texts["container.def"])
    assert parts[""] == ["Bootstrap: docker", f"From: {base}"]
    assert parts["files"] == ["requirements.txt /opt/sweep/requirements.txt", "trainer /opt/sweep/trainer"]
    assert "sweep.study tiny" in parts["labels"]
    assert is_shell("\n".join(parts["post"]))
    assert is_shell("\n".join(parts["environment"]))
    # A line that ends in a backslash goes on in the next, as Docker reads it.
    steps = [line.split(" ", 1) for line in texts["Dockerfile"].replace("\\\n", "").splitlines() if line[:1] != "#"]
    assert [step for step, _ in steps] == ["FROM", "LABEL", "COPY", "RUN", "ENV", "ENV", "COPY", "ENV"]
    (run,) = (words for step, words in steps if step == "RUN")
    assert is_shell(run)
    assert run.count(" && ") == 3
    assert steps[0] == ["FROM", base]


def test_the_files_of_a_study_lie_together(study: Study) -> None:
    lines = container.write_container(study, [], container.BASE)
    there = study.paths.container
    assert sorted(file.name for file in there.iterdir()) == [
        "Dockerfile", "container.def", "requirements.txt", "trainer",
    ]  # fmt: skip
    assert (there / "trainer" / "train.py").is_file()
    assert f"torch=={version('torch').split('+')[0]}\n" in (there / "requirements.txt").read_text()
    assert f'    container_image = "{study.paths.root}/tiny.sif"' in lines
    assert any(line.endswith("apptainer build ../tiny.sif container.def") for line in lines)
    assert any("docker build --tag sweep:tiny ." in line for line in lines)
    assert container.write_container(study, [], container.BASE) == lines


def test_a_program_of_one_s_own_names_its_packages(study_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sweep.control.initialise.sweep_commit", lambda: None)
    study_file.write_text(STUDY.replace("[trainer]", '[trainer]\ncommand = ["python3", "train.py"]'))
    study = initialise(study_file, lambda _: None)[0]
    assert any("The image has Python alone" in line for line in container.write_container(study, [], container.BASE))
    lines = container.write_container(study, ["rich", "no-such-package"], container.BASE)
    assert "Not installed here, so without a version: no-such-package. Add their versions to requirements.txt." in lines
    texts = {file.name: file.read_text() for file in study.paths.container.iterdir()}
    assert "trainer" not in texts["container.def"] + texts["Dockerfile"]
    assert f"rich=={version('rich')}\n" in texts["requirements.txt"]
