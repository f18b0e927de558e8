"""The tutorial's own commands, in order, on a real pool; with a smaller study, so that they take a minute or two."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT, blocks
from tests.pool.actions import report, sweep

pytestmark = pytest.mark.pool


def test_the_tutorial(here: Path) -> None:
    said = ""
    for block in blocks(ROOT / "docs" / "tutorial.md"):
        if block.language == "sh":
            said = "".join(type_line(line, here) for line in block.text.splitlines())
        elif block.language == "text" and said:
            assert words_of(block.text) - words_of(said) == set(), f"{block.where} shows what no command says any more"
    assert report()["study"]["counts"] == {"COMPLETE": 4}
    assert (here / "winner" / "README.md").is_file()


def type_line(line: str, folder: Path) -> str:
    """Type a line, and return what it prints; '' for those that set up, or end, what the test session has."""
    words = shlex.split(line)
    if words[0] != "sweep" or words[1] in ("pool", "data"):
        return ""
    said = sweep(*words[1:]).stdout
    if words == ["sweep", "init"]:
        shorten(folder / "study.toml")
    return said


def shorten(file: Path) -> None:
    """Make fewer trials, each of one epoch on a few of the images."""
    text = file.read_text().replace("epochs = 3", "epochs = 1").replace("generation = 4", "generation = 2")
    file.write_text(text.replace("[search]", "[search]\nfraction = 0.05"))
    sweep("init", file.name)


def words_of(text: str) -> set[str]:
    """Return the longer words of an output; not its numbers, units and paths, which differ from run to run."""
    return {word for token in text.split() if "/" not in token for word in re.findall(r"[A-Za-z_]{5,}", token)}
