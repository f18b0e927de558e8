"""Runs commands in this process, and finds the commands that their output tells the user to type."""

from __future__ import annotations

import re
import shlex
from typing import Any

from typer.testing import CliRunner

from scripts.reference_commands import command_tree
from sweep.cli.app import app

TO_TYPE = re.compile(r"(?:[Rr]un|Next|is|for example): (sweep .+)$", re.MULTILINE)
"""A command that a message tells the user to type: the rest of the line."""


def output_of(*words: str, status: int = 0) -> str:
    """Return what a command prints. It must exit with `status`; an error that it raises is raised here."""
    result = CliRunner().invoke(app, list(words))
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == status, result.output
    return result.output


def commands_to_type(text: str) -> list[str]:
    """Return the commands that a text tells the user to type. Each must parse."""
    commands = TO_TYPE.findall(text)
    for line in commands:
        for command in line.split(" && "):
            parse_command(command)
    return commands


def parse_command(line: str) -> None:
    """Parse a command as the command line does. Raises click's UsageError if it is wrong."""
    command, words = _command_and_words(line)
    command.make_context(command.name, words)


def known_options(line: str) -> tuple[list[str], set[str]]:
    """Return the words that follow the name of a command, and the options that it has."""
    command, words = _command_and_words(line)
    return words, {option for parameter in command.params for option in parameter.opts}


def _command_and_words(line: str) -> tuple[Any, list[str]]:
    command, words = command_tree(), shlex.split(line)[1:]
    while hasattr(command, "commands") and words:
        assert words[0] in command.commands, f"there is no {words[0]!r} in: {line}"
        command = command.commands[words.pop(0)]
    return command, words
