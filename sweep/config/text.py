"""Checks of single strings of a study file, and suggestions for misspelled ones."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Sequence
from typing import TypeVar

T = TypeVar("T")


def check_one_line(text: str) -> str:
    """Return the text as it is. Raises ValueError if it cannot be a value in a submit description."""
    if not text.isprintable() or text.endswith("\\"):
        raise ValueError("must be one line of printable characters that does not end in a backslash")
    return text


def check_printable(text: str) -> str:
    """Return the text as it is. Raises ValueError if it has control characters."""
    if not text.isprintable():
        raise ValueError(f"must be printable characters on one line, not {text!r}")
    return text


def check_macros(text: str, *, late: bool = False) -> str:
    """Return the text as it is. Raises ValueError if HTCondor would replace a macro in it, however it is escaped.

    `late` says that HTCondor may read the text before it replaces `$$`, which it does when it matches a job.
    """
    if "$(dollar" in text.lower():
        raise ValueError("must not contain $(DOLLAR), which HTCondor always replaces by $")
    if late and "$$" in text:
        raise ValueError("must not contain $$, which HTCondor replaces when it matches a job")
    return text


def check_transferable(text: str) -> str:
    """Return the name of a file or URL as it is. Raises ValueError if HTCondor cannot transfer a file of that name."""
    # HTCondor splits transfer_input_files at commas, and has no way to quote one.
    if "," in text:
        raise ValueError("must not contain a comma, because HTCondor separates file names by commas")
    return check_macros(check_one_line(text), late=True)


def first_duplicate(values: Sequence[T]) -> T | None:
    """Return the first value that is equal to one before it; None if all differ."""
    seen: set[T] = set()
    for value in values:
        if value in seen:
            return value
        seen.add(value)
    return None


def toml_text(value: object) -> str:
    """Return a value as TOML writes it, if it is a string, a number or a boolean; else as Python shows it."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    return str(value).lower() if isinstance(value, bool | float) else str(value)


def did_you_mean(word: str, legal: Iterable[str]) -> str:
    """Return the end of a message about an unknown word: the legal word closest to it, '' if none is close."""
    close = difflib.get_close_matches(word, list(legal), n=1, cutoff=0.5)
    return f"; did you mean {close[0]!r}?" if close else ""


def suggest(word: str, legal: Iterable[str]) -> str:
    """Return the end of a message about an unknown word: the closest legal word, else all legal words."""
    return did_you_mean(word, legal) or f"; allowed: {', '.join(legal)}"
