"""Formats Markdown tables for the generated pages of the documentation."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(map(_cell, line)) + " |" for line in lines)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def code(value: object) -> str:
    """Return a value as TOML writes it, in backticks."""
    text = str(value) if isinstance(value, float | int) and not isinstance(value, bool) else json.dumps(value)
    return f"`{text}`"


def code_name(name: object) -> str:
    """Return a name in backticks."""
    return f"`{name}`"


def one_of(words: Sequence[str]) -> str:
    """Return "a, b or c"."""
    return " or ".join([*([", ".join(words[:-1])] if len(words) > 1 else []), words[-1]])
