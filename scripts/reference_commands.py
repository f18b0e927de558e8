"""Generates the reference of the commands from the Typer app of sweep.cli, with the texts of `--help`."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

import typer.main

from scripts.reference_table import code_name, table

NOTE = re.compile(r"(.*?)\s*\[((?:default|required|x|\d)[^\[\]]*)\]$", re.DOTALL)
"""A help text that ends with a default, or with the values that are allowed, in brackets."""


def all_commands(_: str) -> str:
    """Return a section for each command."""
    return "\n\n".join(_section(path, command) for path, command in commands())


def commands() -> Iterator[tuple[str, Any]]:
    """Yield each command with its full name, such as "sweep pool start"."""
    yield from _leaves("sweep", command_tree())


@cache
def command_tree() -> Any:
    """Return the command `sweep` with all commands below it."""
    from sweep.cli.app import app

    return typer.main.get_command(app)


def _leaves(path: str, command: Any) -> Iterator[tuple[str, Any]]:
    if not hasattr(command, "commands"):
        yield path, command
        return
    for name, child in command.commands.items():
        yield from _leaves(f"{path} {name}", child)


def _section(path: str, command: Any) -> str:
    """Return the section of a command: heading, usage, help and parameters."""
    context = command.context_class(command, info_name=path)
    usage = command.get_usage(context).removeprefix("Usage: ")
    records = [record for one in command.params if (record := one.get_help_record(context))]
    rows = [_row(spelling, text) for spelling, text in records if spelling != "--help"]
    parts = [f"## {path}", f"```text\n{usage}\n```", inspect.cleandoc(command.help or "")]
    return "\n\n".join([*parts, *([table(["parameter", "meaning", "values"], rows)] if rows else [])])


def _row(spelling: str, text: str) -> tuple[str, str, str]:
    note = NOTE.fullmatch(text)
    meaning, values = (note[1], note[2].replace("; ", ", ")) if note else (text, "")
    return code_name(spelling.replace(" range>", ">")), meaning, re.sub(r"default: \((.*?)\)", r"default: \1", values)
