"""Writes the definitions of a container image with all that a study's trials need, for Apptainer and for Docker."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import requires

from packaging.requirements import Requirement

from sweep import __version__
from sweep.control.pinned_packages import parse_requirements, pinned_requirements
from sweep.errors import ConfigError
from sweep.paths import StudyPaths
from sweep.study.commands import command_line
from sweep.study.study import Study
from sweep.system.files import write_text
from sweep.system.lock_wait import hold_lock
from sweep.templates import render

BASE = f"python:{sys.version_info.major}.{sys.version_info.minor}-slim"
"""The default base image: the Python for which the versions are pinned. It has no CUDA, since torch's wheels bring the
CUDA libraries and the host has the driver. A second CUDA would be gigabytes that nothing loads."""


INSTALL = (
    "python3 -c 'import ensurepip, venv' 2>/dev/null || "
    "{ apt-get update && apt-get install -y --no-install-recommends python3 python3-venv; }",
    "python3 -m venv /opt/sweep/venv",
    "/opt/sweep/venv/bin/python -m pip install --no-cache-dir --requirement /opt/sweep/requirements.txt",
)
"""Shell commands that turn the base image into the study's image."""


@dataclass(frozen=True)
class ImageDefinition:
    """The texts of the files that an image is built from, by name; `unpinned` packages are not installed here."""

    texts: dict[str, str]
    unpinned: list[str]


def define_image(study: str, packages: list[Requirement], base: str, *, has_trainer: bool) -> ImageDefinition:
    """Return the files for an image with these packages. Raises ConfigError if `base` is no name of an image."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._/:@-]*", base, re.ASCII):
        raise ConfigError(f"--base {base!r} is no name of an image", "Example: nvidia/cuda:13.0.1-runtime-ubuntu24.04")
    lines, unpinned = pinned_requirements(packages)
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
    """Return the packages that the shipped trainer needs: sweep's own extra `trainer`."""
    requirements = [Requirement(text) for text in requires("htcondor-sweep") or []]
    return [package for package in requirements if package.marker and package.marker.evaluate({"extra": "trainer"})]


def write_container(
    study: Study, packages: list[str], base: str, say: Callable[[str], None] = lambda _: None
) -> list[str]:
    """Write the files of an image with what a study's trials and these packages need; return what to do with them.

    Raises ConfigError for a package or a base image without a proper name.
    """
    paths, has_trainer = study.paths, study.config.trainer.command is None
    requirements = parse_requirements(packages) + (trainer_needs() if has_trainer else [])
    name = study.config.study.name
    definition = define_image(name, requirements, base, has_trainer=has_trainer)
    # The trainer's folder is not replaced in one step, neither here nor by `sweep init`.
    with hold_lock(paths.launch_lock, say):
        for file, text in definition.texts.items():
            write_text(paths.container / file, text)
        shutil.rmtree(paths.container / "trainer", ignore_errors=True)
        if has_trainer:
            shutil.copytree(paths.trainer, paths.container / "trainer")
    return build_instructions(paths, name, definition)


def build_instructions(paths: StudyPaths, study: str, definition: ImageDefinition) -> list[str]:
    """Return how to build and name the image, as lines to print."""
    count = len(definition.texts["requirements.txt"].splitlines())
    enter = f"cd {shlex.quote(str(paths.container))}"
    lines = [f"wrote {paths.container}: container.def, Dockerfile, and {count} packages in requirements.txt"]
    if not count:
        lines.append(
            f"The image has Python alone. To add packages, run for example: {command_line('container numpy', study)}"
        )
    if definition.unpinned:
        lines.append(
            f"Not installed here, so without a version: {', '.join(definition.unpinned)}. "
            "Add their versions to requirements.txt."
        )
    return [
        *lines,
        "Build one of the two images. If you may not build images here, copy the folder to a machine where you may:",
        f"    {enter} && apptainer build ../{study}.sif container.def",
        f"    {enter} && docker build --tag sweep:{study} .",
        "Then name the image in the section [job] of study.toml, and run `sweep init study.toml`:",
        f'    container_image = "{paths.root / study}.sif"',
        "If you put the .sif file on the OSDF, use its osdf:// URL. If you pushed the Docker image, use docker://…",
    ]
