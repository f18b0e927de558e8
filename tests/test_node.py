"""The entry of the workflow's scripts, and those that scripts of version 0.1.0 call."""

from __future__ import annotations

import os
import runpy
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sweep import node
from sweep.nodes import post_server, propose, rescue_checkpoint

ACTIONS = {"propose": propose, "serve": post_server, "keep": rescue_checkpoint}


@pytest.fixture(autouse=True)
def _umask() -> Iterator[None]:
    """Restore the umask, which an action sets for its process."""
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.parametrize("action", ACTIONS)
def test_each_action_runs_its_script_with_the_other_words(action: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[list[str]] = []
    monkeypatch.setattr(ACTIONS[action], "main", ran.append)
    node.main(action, ["..", "7"])
    assert ran == [["..", "7"]]


@pytest.mark.parametrize("umask", [0o077, 0o027, 0o022, 0o002])
def test_a_script_keeps_to_the_umask_that_made_the_study(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, umask: int
) -> None:
    os.umask(umask)
    (tmp_path / "study").mkdir()
    os.umask(0o022)
    monkeypatch.setattr(propose, "main", lambda _: (tmp_path / "study" / "file").touch())
    node.main("propose", [str(tmp_path / "study")])
    assert (tmp_path / "study" / "file").stat().st_mode & 0o777 == 0o666 & ~umask


def test_a_study_that_is_gone_is_left_to_the_action(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[list[str]] = []
    monkeypatch.setattr(propose, "main", ran.append)
    node.main("propose", [str(tmp_path / "gone")])
    assert ran


@pytest.mark.parametrize(("module", "action"), [("propose", "propose"), ("serve", "serve"), ("spool", "keep")])
def test_the_names_of_version_0_1_0_stay(module: str, action: str, monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[list[str]] = []
    monkeypatch.setattr(ACTIONS[action], "main", ran.append)
    monkeypatch.setattr(sys, "argv", [module, "..", "7"])
    runpy.run_path(str(Path(node.__file__).with_name(f"{module}.py")), run_name="__main__")
    assert ran == [["..", "7"]]


def test_another_action_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(SystemExit) as caught:
        node.main("harvest", [])
    said = str(caught.value)
    assert "'harvest'" in said
    assert all(action in said for action in ACTIONS)
