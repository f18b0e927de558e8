"""How commands speak, on a pipe and on a terminal."""

from __future__ import annotations

import io

import pytest
from rich.table import Table
from rich.text import Text

from sweep import console


@pytest.fixture(params=[False, True])
def out(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    """Return what is written to a pipe, and to a terminal."""
    written = io.StringIO()
    there = console.SafeConsole(file=written, force_terminal=request.param, soft_wrap=True, highlight=False, width=40)
    monkeypatch.setattr(console, "console", there)
    return written


def test_a_line_is_printed_as_it_is(out: io.StringIO) -> None:
    line = "trial 2 failed: [bold]no photos[/bold] " + 60 * "x"
    console.say(line)
    assert out.getvalue() == f"{line}\n"


def test_a_terminal_obeys_nothing_that_is_said(out: io.StringIO) -> None:
    console.say("\x1b]0;pwned\x07\x1b[31mred\r\x9b2J \u202eback\nnext")
    assert out.getvalue() == "\\x1b]0;pwned\\x07\\x1b[31mred\\r\\x9b2J \\u202eback\nnext\n"


def test_tables_and_texts_are_as_safe(out: io.StringIO) -> None:
    table = Table(title=Text("\x1b]0;a\x07"))
    table.add_column(Text("\x1b]0;b\x07"))
    table.add_row(Text("\x1b]0;c\x07", style="bold"))
    console.console.print(table, Text("\x1b]0;d\x07"), "\x1b]0;e\x07", "\x9b31m")
    assert all(f"]0;{letter}" in out.getvalue() for letter in "de")
    assert not any(evil in out.getvalue() for evil in ("\x1b]", "\x07", "\x9b"))


def test_a_step_is_no_markup(out: io.StringIO) -> None:
    with console.wait("fetching") as step:
        step("[/bold] \x1b]0;pwned\x07")
    assert "\x1b]0" not in out.getvalue()


def test_each_step_of_what_takes_long_is_shown(out: io.StringIO) -> None:
    with console.wait("fetching") as step:
        step("apptainer")
        step("torch")
    if not console.console.is_terminal:
        assert out.getvalue() == "fetching: apptainer\nfetching: torch\n"
