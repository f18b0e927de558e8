"""Every command that a message of sweep tells the user to type: it parses."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.commands import commands_to_type, known_options

SWEEP = Path(__file__).resolve().parents[2] / "sweep"

QUOTED = re.compile(r"`(sweep [^`\n]+)`")
"""A command in a sentence. It may leave out arguments."""


def texts(node: ast.AST) -> Iterator[str]:
    """Yield the strings in a tree of Python, without docstrings. A placeholder in an f-string becomes 1."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
            continue
        if isinstance(child, ast.Constant) and isinstance(child.value, str):
            yield child.value
        elif isinstance(child, ast.JoinedStr):
            yield "".join(_text_of(part) for part in child.values)
        elif isinstance(child, ast.Call) and isinstance(child.func, ast.Name) and child.func.id == "command_line":
            yield from (f"run: sweep {text}" for text in texts(ast.List(child.args[:1])))
        else:
            yield from texts(child)


def _text_of(part: ast.expr) -> str:
    if isinstance(part, ast.Constant):
        return str(part.value)
    return "; ".join(["1", *texts(part)]) if "command_line" in ast.unparse(part) else "1"


@pytest.mark.parametrize("file", sorted(SWEEP.rglob("*.py")), ids=lambda file: str(file.relative_to(SWEEP)))
def test_commands_in_messages_can_be_typed(file: Path) -> None:
    for text in texts(ast.parse(file.read_text())):
        commands_to_type(text)
        for command in QUOTED.findall(text):
            words, options = known_options(command)
            assert {word for word in words if word.startswith("--")} <= options, command
