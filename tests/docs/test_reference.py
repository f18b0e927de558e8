"""The generated reference says all there is to say, and the site builds."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from scripts.reference import MARKER, fill
from scripts.reference_commands import commands
from scripts.reference_keys import section_model
from sweep.config.parameters import PARAMETER_TYPES
from sweep.config.sections import StudyConfig
from sweep.config.sites import Rule, Site
from sweep.config.trainer_interface import trainer_interface
from sweep.paths import StudyPaths, TrialPaths
from tests.docs.blocks import PAGES, ROOT

REFERENCE = ROOT / "docs" / "reference"

SECTIONS = {name: section_model(name) for name in StudyConfig.model_fields if name not in ("search", "trials")}

MODELS: dict[str, type[BaseModel]] = {**SECTIONS, **PARAMETER_TYPES, "site": Site, "rule": Rule}


def filled(name: str) -> str:
    return fill((REFERENCE / name).read_text())


@pytest.mark.parametrize("name", MODELS)
def test_every_key_has_a_description(name: str) -> None:
    fields = MODELS[name].model_fields
    assert [key for key, field in fields.items() if not field.description and key != "type"] == []


@pytest.mark.parametrize("section", SECTIONS)
def test_every_section_has_its_table(section: str) -> None:
    text = (REFERENCE / "study-file.md").read_text()
    assert f"<!-- generated: keys {section} -->" in text
    assert f"{{#{section}}}" in text


def test_every_kind_of_key_has_a_type_a_default_and_limits() -> None:
    text = filled("study-file.md")
    for line in (
        r"\| `metric` \| string, or a list of these \| \*\*required\*\* \|",
        r"\| `lanes` \| integer, at least 1, at most 10000 \| none \|",
        r'\| `mode` \| `"generations"` or `"lanes"` \| `"generations"` \|',
        r"\| `command` \| list; each entry: string or list of strings \| none \|",
        r"\| `until` \| date and time or date \| none \|",
        r"\| `target` \| number \| none \|",
        r"\| `tensorboard` \| boolean \| `false` \|",
        r"\| `tpe` \| `n_startup_trials` \| integer \| `10` \|",
        r"\| `percentile` \| `percentile` \| number \| \*\*required\*\* \|",
    ):
        assert re.search(f"^{line}", text, re.MULTILINE), line


def test_every_command_is_there_with_its_options() -> None:
    text = filled("commands.md")
    for path, command in commands():
        section = text.partition(f"## {path}\n")[2].partition("\n## ")[0]
        assert all(name in section for one in command.params if one.name != "help" for name in one.opts), path
    assert "| `--top <int>` | " in text
    assert "default: 8080, 1<=x<=65535" in text


def test_all_that_the_shipped_trainer_accepts_and_reports_is_there() -> None:
    interface, shown = trainer_interface(), set(re.findall(r"`([^`]+)`", filled("trainer.md")))
    choices = [choice for entry in interface["parameters"].values() for choice in entry.get("choices", [])]
    names = [*interface["parameters"], *interface["metrics"], *interface["test_metrics"], *map(str, choices)]
    assert [name for name in names if name not in shown] == []


def paths_of(paths: Any) -> list[Path]:
    """Return the value of each property that is a path."""
    found = [getattr(paths, name) for name, member in vars(type(paths)).items() if isinstance(member, property)]
    return [one for one in found if isinstance(one, Path)]


def test_every_file_of_a_study_is_there() -> None:
    shown = {name.rstrip("/") for name in re.findall(r"`([^`]+)`", filled("files.md"))}
    files = [*paths_of(StudyPaths(Path("study"))), *paths_of(TrialPaths(Path("trial")))]
    hidden = {"trials"}  # `trials/00042` stands for it
    assert [file.name for file in files if file.name not in shown | hidden] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_mark_in_a_page_is_filled(page: Path) -> None:
    assert "<!-- generated" not in MARKER.sub("", page.read_text())


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"])
def test_links_of_a_page_outside_the_site_lead_to_files(name: str) -> None:
    links = re.findall(r"\]\(([^)#]+)", (ROOT / name).read_text())
    assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []


@pytest.mark.processes
def test_the_site_builds_without_a_broken_link(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "sweep confirm" in (tmp_path / "site" / "reference" / "commands.html").read_text()


def test_the_readme_is_short_and_names_the_two_commands() -> None:
    text = (ROOT / "README.md").read_bytes()
    assert 4000 <= len(text) <= 6144
    assert all(
        command in text for command in (b"\nmake demo", b"\nmake test", b"](CONTRIBUTING.md)", b"docs/tutorial.md")
    )
