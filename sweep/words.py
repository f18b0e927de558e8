"""Single words: checks of those of a study file, and times for people."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable


def one_line(text: str) -> str:
    """A value of a submit description as it is. Raises ValueError for what none can hold."""
    if not text.isprintable() or text.endswith("\\"):
        raise ValueError("must be one line of printable characters, not ending in a backslash")
    return text


def printable(text: str) -> str:
    """A word of a command as it is. Raises ValueError for control characters."""
    if not text.isprintable():
        raise ValueError(f"must be printable characters on one line, which {text!r} is not")
    return text


def is_secret(name: str) -> bool:
    """Whether a variable or option of this name is likely to hold a secret, like WANDB_API_KEY."""
    return re.search(r"(^|_)(api_?key|access_key|secret|password|passwd|token|credentials?)$", name.lower()) is not None


def transferable(text: str) -> str:
    """The name of a file that travels, as it is. Raises ValueError for what no list of files can hold."""
    # transfer_input_files is split at commas, and HTCondor has no way to quote one.
    if "," in text:
        raise ValueError("must not hold a comma: HTCondor separates file names by commas")
    return one_line(text)


def nearest(word: str, legal: Iterable[str]) -> str:
    """The end of a message about an unknown word: the legal one that it may stand for."""
    near = difflib.get_close_matches(word, list(legal), n=1, cutoff=0.5)
    return f"; did you mean {near[0]!r}?" if near else ""


def span(seconds: float) -> str:
    """A time for people: 12 s, 3.5 min, 2.1 h, 3.2 d."""
    lengths = {"d": 86400, "h": 3600, "min": 60, "s": 1}
    unit = next((unit for unit, length in lengths.items() if seconds >= 2 * length), "s")
    value = seconds / lengths[unit]
    return f"{value:.2g} {unit}" if value < 10 else f"{value:.0f} {unit}"
