"""`sweep container`: definitions of an image that has what a study's trials need, for Apptainer and for Docker."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from dataclasses import dataclass
from importlib.metadata import requires

from packaging.requirements import Requirement

from sweep import __version__
from sweep.control.pinned_packages import parse_requirements, pinned_requirements
from sweep.errors import ConfigError
from sweep.paths import StudyPaths
from sweep.study.study import Study
from sweep.system.files import write_text
from sweep.templates import render

BASE = f"python:{sys.version_info.major}.{sys.version_info.minor}-slim"
"""The Python that the versions are pinned for. No image with CUDA: the wheels of torch bring the CUDA libraries they
were built with, and the driver is the host's; a second CUDA would be gigabytes that nothing loads."""


INSTALL = (
    "python3 -c 'import ensurepip, venv' 2>/dev/null || "
    "{ apt-get update && apt-get install -y --no-install-recommends python3 python3-venv; }",
    "python3 -m venv /opt/sweep/venv",
    "/opt/sweep/venv/bin/python -m pip install --no-cache-dir --requirement /opt/sweep/requirements.txt",
)
"""What makes the image of its base, as commands of a shell."""


@dataclass(frozen=True)
class ImageDefinition:
    """Texts of the files that an image is built from; `unpinned` are packages whose version is not known here."""

    texts: dict[str, str]
    unpinned: list[str]


def define_image(study: str, wanted: list[Requirement], base: str, *, has_trainer: bool) -> ImageDefinition:
    """The files for an image of these packages. Raises ConfigError for a `base` that is no name of an image."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._/:@-]*", base, re.ASCII):
        raise ConfigError(f"--base {base!r} is no name of an image", "As in: nvidia/cuda:13.0.1-runtime-ubuntu24.04")
    lines, unpinned = pinned_requirements(wanted)
    values = {"study": study, "base": base, "install": INSTALL, "has_trainer": has_trainer, "version": __version__}
    return ImageDefinition(
        {
            "requirements.txt": "".join(f"{line}\n" for line in lines),
            "container.def": render("container.def.j2", **values),
            "Dockerfile": render("Dockerfile.j2", **values),
        },
        unpinned,
    )


def trainer_needs() -> list[Requirement]:
    """What the shipped trainer needs: the extra `trainer` of sweep itself."""
    every = [Requirement(text) for text in requires("htcondor-sweep") or []]
    return [one for one in every if one.marker and one.marker.evaluate({"extra": "trainer"})]


def write_container(study: Study, words: list[str], base: str) -> list[str]:
    """Write the files for a study whose program needs these packages besides; what to do with them, in plain lines."""
    paths, has_trainer = study.paths, study.config.trainer.command is None
    wanted = parse_requirements(words) + (trainer_needs() if has_trainer else [])
    name = study.config.study.name
    definition = define_image(name, wanted, base, has_trainer=has_trainer)
    for file, text in definition.texts.items():
        write_text(paths.container / file, text)
    shutil.rmtree(paths.container / "trainer", ignore_errors=True)
    if has_trainer:
        shutil.copytree(paths.trainer, paths.container / "trainer")
    return build_instructions(paths, name, definition)


def build_instructions(paths: StudyPaths, study: str, definition: ImageDefinition) -> list[str]:
    """What a person is told who has the files."""
    count = len(definition.texts["requirements.txt"].splitlines())
    into = f"cd {shlex.quote(str(paths.container))}"
    lines = [f"wrote {paths.container}: container.def, Dockerfile, and {count} packages in requirements.txt"]
    if not count:
        lines.append("The image has Python alone. Name what your program needs: sweep container numpy …")
    if definition.unpinned:
        lines.append(f"Not installed here, so with no version: {', '.join(definition.unpinned)}. Pin them there.")
    return [
        *lines,
        "Build one, here or where you may, after copying the folder:",
        f"    {into} && apptainer build ../{study}.sif container.def",
        f"    {into} && docker build --tag sweep:{study} .",
        "Then name it in study.toml, section [job], and type `sweep init study.toml`:",
        f'    container_image = "{paths.root / study}.sif"',
        "or osdf://… where you have put the file, or docker://… where you have pushed the other.",
    ]
