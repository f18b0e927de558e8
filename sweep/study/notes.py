"""Prints notes of scripts and commands that go on in spite of something: into the log of a script, or on the screen."""

from __future__ import annotations

import sys

from sweep.units import printable

_noted: set[str] = set()
"""The subjects of the notes that this process has printed."""


def note(subject: str, text: str) -> None:
    """Print a note to stderr, unless this process has printed one about the same subject."""
    if subject not in _noted:
        _noted.add(subject)
        print(printable(text), file=sys.stderr, flush=True)
