"""Notes of scripts and commands that go on."""

from __future__ import annotations

import pytest

from sweep.study.notes import note


def test_a_process_says_a_thing_once_and_no_terminal_obeys_it(capsys: pytest.CaptureFixture[str]) -> None:
    for text in ("first\x1b[2J", "second"):
        note("test_notes: a", text)
    note("test_notes: b", "other")
    assert capsys.readouterr().err == "first\\x1b[2J\nother\n"
