"""Every command line in the documentation: it can be typed, and where it needs no pool, it is run."""

from __future__ import annotations

import importlib
import importlib.util
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from typer.testing import CliRunner

from scripts.reference_commands import command_tree
from sweep.cli.app import app
from sweep.nodes.propose import propose
from sweep.study.study import Study, open_current
from tests.actions import harvest
from tests.docs.blocks import PAGES, ROOT, ShellLine, blocks, shell_lines
from tests.samples import GOOD, STUDY

OTHERS = {
    ".": "the shell's own: activates a virtual environment",
    "cd": "the shell's own",
    "condor_q": "HTCondor's, described by its manual",
    "eval": "the shell's own; the command of sweep within it is checked",
    "mkdir": "the system's own",
    "rm": "the system's own; removes the folder of a study",
    "tensorboard": "TensorBoard's, an optional package",
    "wandb": "that of Weights & Biases, an optional package",
}
"""First words of lines that are not checked further, each with the reason."""

NOT_RUN = {
    "adopt": "needs a copy of a study; tests/control/test_adopt.py runs it",
    "confirm": "submits jobs",
    "dashboard": "serves until Ctrl-C",
    "data": "downloads",
    "doctor": "asks the pool",
    "launch": "submits jobs, but for --dry-run",
    "pool": "starts and stops a pool; tests/pool does",
    "status": "asks the pool",
    "stop": "asks the pool",
}
"""Commands of sweep that are only parsed here, each with the reason; tests/pool runs them."""

LINES = shell_lines()

TEXT = re.compile(r"`(sweep [^`\n]*(?:\n[^`\n]+)?)`")
"""A command in the running text."""


def words_of(line: str) -> list[str]:
    return shlex.split(line, comments=True)


def sweep_words(line: str) -> list[str] | None:
    """Return the words after `sweep` of a line that calls it, also within $( ); None for other lines."""
    if inner := re.search(r"\$\((sweep [^)]*)\)", line):
        line = inner[1]
    words = words_of(line)
    return words[1:] if words and words[0] == "sweep" else None


@pytest.mark.parametrize("line", LINES, ids=lambda line: line.where)
def test_a_line_can_be_typed(line: ShellLine) -> None:
    words = words_of(line.text)
    if (arguments := sweep_words(line.text)) is not None:
        parse(arguments)
    elif words and words[0] in CHECKS:
        CHECKS[words[0]](words[1:])
    elif words:
        assert words[0] in OTHERS, f"{words[0]}: check it, or list it in OTHERS with the reason"


def parse(arguments: list[str]) -> Any:
    """Parse the words after `sweep` as the command line does. Raises click's UsageError for a mistake in them."""
    command, path, rest = command_tree(), "sweep", list(arguments)
    while hasattr(command, "commands"):
        assert rest, f"{path}: which command?"
        assert rest[0] in command.commands, f"{path} has no command {rest[0]!r}"
        path, command = f"{path} {rest[0]}", command.commands[rest.pop(0)]
    return command.make_context(path, rest)


def check_make(words: list[str]) -> None:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert words
    assert set(words) <= set(targets)


def check_pip(words: list[str]) -> None:
    """A line names the package, or the checkout, with extras that it has."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert words[0] == "install"
    for word in words[1:]:
        if not word.startswith("-"):
            wanted = Requirement(word.replace(".", project["name"], 1) if word.startswith(".") else word)
            assert wanted.name == project["name"]
            assert wanted.extras <= set(project["optional-dependencies"])


def check_python(words: list[str]) -> None:
    """A line runs a module that can be found, and one of ours can be imported, on files that exist."""
    assert words[0] == "-m"
    assert importlib.util.find_spec(words[1]) is not None
    if words[1].startswith("scripts."):
        importlib.import_module(words[1])
    assert all((ROOT / word).exists() for word in words[2:] if word.startswith("tests/"))


CHECKS = {"make": check_make, "pip": check_pip, "python": check_python, ".venv/bin/python": check_python}


def test_no_reason_outlives_its_line() -> None:
    assert {words_of(line.text)[0] for line in LINES if words_of(line.text)} >= OTHERS.keys()


@pytest.mark.parametrize(
    "words",
    [["lunch"], ["launch"], ["launch", "--generations", "0"], ["report", "--format", "xml"], ["pool", "begin"]],
    ids=" ".join,
)
def test_a_wrong_line_is_found(words: list[str]) -> None:
    with pytest.raises(Exception, match=r"."):
        parse(words)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_commands_in_the_text_exist_and_have_these_options(page: Path) -> None:
    for text in TEXT.findall(re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)):
        command, words = command_tree(), words_of(text)[1:]
        while hasattr(command, "commands") and words and words[0] in command.commands:
            command = command.commands[words.pop(0)]
        assert not hasattr(command, "commands") or not words or words[0] in ("COMMAND", "--help"), text
        known = {option for one in command.params for option in one.opts} | {"--help"}
        assert {word for word in words if word.startswith("--")} <= known, text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_code_is_in_blocks_of_a_known_language(page: Path) -> None:
    assert {block.language for block in blocks(page)} <= {"json", "python", "sh", "text", "toml"}
    rest = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.MULTILINE | re.DOTALL)
    assert re.findall(r"^ {4,}(?:sweep|make|pip|python) .*", rest, re.MULTILINE) == []


PATH = re.compile(r"`((?:sweep|tests|dags|docs|scripts|configs|trainer|benchmarks)/[\w./-]*)`")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_in_the_text_exist(page: Path) -> None:
    assert [name for name in PATH.findall(page.read_text()) if not (ROOT / name).exists()] == []


@pytest.mark.processes
@pytest.mark.parametrize("module", sorted({words_of(line.text)[2] for line in LINES if "-m benchmarks." in line.text}))
def test_a_benchmark_says_how_to_run_it(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", module, "--help"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def runnable() -> list[list[str]]:
    """Return the words of each command of sweep that needs no pool, once."""
    found = []
    for line in LINES:
        words = sweep_words(line.text)
        if words and (words[0] not in NOT_RUN or "--dry-run" in words) and words not in found:
            found.append(words)
    return found


@pytest.fixture
def trained(folder: Path, photos: Path, monkeypatch: pytest.MonkeyPatch) -> Study:
    """A study with two trained trials; and another one, OTHER, to begin with its best."""
    monkeypatch.setattr("sweep.control.initialise.sweep_commit", lambda: None)
    shutil.copytree(photos, folder / "photos")
    text = STUDY.replace("trials_per_generation = 3", "trials_per_generation = 2").replace("high = 64", "high = 32")
    other = run_init(folder, text.replace('"tiny"', '"OTHER"'))
    for trial in propose(other, 0):
        other.paths.trial(trial.number).metrics.write_text(GOOD)
        assert harvest(other.paths, trial.number, 0) == 0
    study = run_init(folder, text + "\n[tracking]\ntensorboard = true\n")
    for trial in propose(study, 0):
        files = study.paths.trial(trial.number)
        (files.root / "photos").symlink_to(folder / "photos")
        job = [sys.executable, "-m", "trainer", "trial.json"]
        subprocess.run(job, cwd=files.root, env={"PYTHONPATH": str(ROOT)}, check=True, capture_output=True)
        assert harvest(study.paths, trial.number, 0) == 0
    return study


def run_init(folder: Path, text: str) -> Study:
    (folder / "study.toml").write_text(text)
    assert CliRunner().invoke(app, ["init", "study.toml"]).exit_code == 0
    return open_current(None)


@pytest.mark.processes
def test_lines_that_need_no_pool_run(trained: Study, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = []
    for words in runnable():
        with monkeypatch.context() as patch:
            if words == ["init"]:
                (folder / "new").mkdir()
                patch.chdir(folder / "new")
            # The study here has two trials.
            typed = ["0" if word == "42" else word for word in words if word != "--follow"]
            done = CliRunner().invoke(app, typed)
        if done.exit_code != 0:
            failed.append(f"sweep {' '.join(words)}: {done.exit_code} {done.exception!r}\n{done.output}")
    assert not failed, "\n".join(failed)
    assert (folder / "winner" / "README.md").is_file()
    assert trained.paths.container.is_dir()
