"""Formats times, sizes, errors and program output as short text for people. Standard library only."""

from __future__ import annotations


def readable_time(seconds: float) -> str:
    """Return a time as short text: 12 s, 3.5 min, 2.1 h, 3.2 d."""
    lengths = {"d": 86400, "h": 3600, "min": 60, "s": 1}
    unit = next((unit for unit, length in lengths.items() if seconds >= 2 * length), "s")
    value = seconds / lengths[unit]
    return f"{value:.2g} {unit}" if value < 10 else f"{value:.0f} {unit}"


def readable_bytes(size: float) -> str:
    """Return a number of bytes as text with at most three digits: 512 B, 1.35 MB, 46.5 GB (powers of 1024)."""
    for name, unit in (("TB", 2**40), ("GB", 2**30), ("MB", 2**20), ("KB", 2**10)):
        if size >= unit:
            return f"{size / unit:.3g} {name}"
    return f"{size:g} B"


def counted(count: float, noun: str) -> str:
    """Return a number of things as text: 1 epoch, 2 epochs."""
    number = f"{count:g}" if isinstance(count, float) else str(count)
    return f"{number} {noun}" + ("" if count == 1 else "s")


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message, or the name of its type if it has no message."""
    return next(iter(str(error).splitlines()), "") or type(error).__name__


def last_line(text: str, otherwise: str) -> str:
    """Return the last line of a program's output, or `otherwise` if it printed nothing."""
    lines = text.strip().splitlines()
    return lines[-1] if lines else otherwise


def printable(text: str) -> str:
    """Return a text that no terminal and no page obeys: control characters, except newlines and tabs, become escapes.

    So do characters that are invisible, or that change the direction of a line: those that Python does not print.
    """
    if text.isprintable():
        return text
    return "".join(char if char in "\n\t" or char.isprintable() else _escape(char) for char in text)


def one_line(text: str, limit: int = 1000) -> str:
    """Return a text as `printable` does, on a single line, and cut to `limit` characters."""
    line = printable(text[:limit].replace("\n", "\\n").replace("\t", "\\t"))
    return line if len(text) <= limit and len(line) <= limit else f"{line[:limit]}…"


def _escape(char: str) -> str:
    return char.encode("unicode_escape").decode("ascii")
