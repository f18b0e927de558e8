"""Prints findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from rich.text import Text

from sweep.console import console, say
from sweep.doctor.finding import Finding, Level

STYLES = {Level.OK: "green", Level.WARNING: "yellow", Level.ERROR: "bold red"}


def show_findings(findings: Iterable[tuple[str, Finding]]) -> int:
    """Print each finding at once, under its heading, and return the number of errors."""
    counts, last_title = Counter[Level](), ""
    for title, finding in findings:
        if title != last_title:
            console.print(Text(title, "bold"))
            last_title = title
        console.print(Text.assemble("  ", (f"{finding.level:<8}", STYLES[finding.level]), finding.text))
        if finding.advice:
            say(f"{'':10}{finding.advice}")
        counts[finding.level] += 1
    say(", ".join(f"{counts[level]} {level}{'s' * (counts[level] != 1 and level != Level.OK)}" for level in Level))
    return counts[Level.ERROR]
