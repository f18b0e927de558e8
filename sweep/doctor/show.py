"""What checks find, as lines for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from rich.text import Text

from sweep.console import console, say
from sweep.doctor.finding import Finding, Level

STYLES = {Level.OK: "green", Level.WARNING: "yellow", Level.ERROR: "bold red"}


def show_findings(findings: Iterable[tuple[str, Finding]]) -> int:
    """Print findings as they come, each under its heading; gives the number of errors."""
    counts, shown = Counter[Level](), ""
    for title, finding in findings:
        if title != shown:
            console.print(Text(title, "bold"))
            shown = title
        console.print(Text.assemble("  ", (f"{finding.level:<8}", STYLES[finding.level]), finding.text))
        if finding.advice:
            say(f"{'':10}{finding.advice}")
        counts[finding.level] += 1
    say(", ".join(f"{counts[level]} {level}{'s' * (counts[level] != 1 and level != Level.OK)}" for level in Level))
    return counts[Level.ERROR]
