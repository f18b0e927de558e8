"""The tutorial's own commands, in order, on a real pool; with smaller numbers, so that they take a minute."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from tests.docs.blocks import ROOT, shell_lines
from tests.pool.actions import report, sweep

pytestmark = pytest.mark.pool

SMALLER = {"3": "2"}
"""Configurations to confirm, and seeds for each."""


def test_the_tutorial(here: Path) -> None:
    said = {}
    for line in shell_lines(ROOT / "docs" / "tutorial.md"):
        words = shlex.split(line.text, comments=True)
        # The other lines set up what this session has; the session stops its pool itself.
        if words[0] == "sweep" and words[1:] != ["pool", "stop"]:
            said[line.text] = sweep(*(SMALLER.get(word, word) for word in words[1:])).stdout
        if words == ["sweep", "init"]:
            shorten(here / "study.toml")
    assert "is there already" in said["sweep pool install"]
    assert "Suggested" in said["sweep try"]
    assert report()["study"]["counts"] == {"COMPLETE": 8}
    assert "confirmed" in said["sweep report"]
    assert (here / "winner" / "README.md").is_file()


def shorten(file: Path) -> None:
    """Have each trial train one epoch, on a few of the images."""
    text = file.read_text()
    file.write_text(text.replace("epochs = 3", "epochs = 1").replace("[search]", "[search]\nfraction = 0.05"))
    sweep("init", file.name)
