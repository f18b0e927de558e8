"""Single words: checks of those of a study file, and times for people."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable


def check_one_line(text: str) -> str:
    """A value of a submit description as it is. Raises ValueError for what none can hold."""
    if not text.isprintable() or text.endswith("\\"):
        raise ValueError("must be one line of printable characters, not ending in a backslash")
    return text


def check_printable(text: str) -> str:
    """A word of a command as it is. Raises ValueError for control characters."""
    if not text.isprintable():
        raise ValueError(f"must be printable characters on one line, which {text!r} is not")
    return text


def is_secret(name: str) -> bool:
    """Whether a variable or option of this name is likely to hold a secret, like WANDB_API_KEY."""
    return re.search(r"(^|_)(api_?key|access_key|secret|password|passwd|token|credentials?)$", name.lower()) is not None


def check_transferable(text: str) -> str:
    """The name of a file that travels, as it is. Raises ValueError for what no list of files can hold."""
    # transfer_input_files is split at commas, and HTCondor has no way to quote one.
    if "," in text:
        raise ValueError("must not hold a comma: HTCondor separates file names by commas")
    return check_one_line(text)


def did_you_mean(word: str, legal: Iterable[str]) -> str:
    """The end of a message about an unknown word: the legal one that it may stand for."""
    near = difflib.get_close_matches(word, list(legal), n=1, cutoff=0.5)
    return f"; did you mean {near[0]!r}?" if near else ""
