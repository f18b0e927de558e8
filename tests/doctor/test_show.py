"""Findings as lines for people."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from sweep.doctor import show
from sweep.doctor.finding import error, ok, warning

FINDINGS = [
    ("machine", ok("HTCondor 25.14.1")),
    ("machine", warning("the disk is [full]", "Remove something.")),
    ("its jobs", error("no job can start", "Ask for less.")),
    ("its jobs", error("no data", "Fetch it.")),
]


def test_each_finding_stands_under_its_heading_with_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.StringIO()
    monkeypatch.setattr(show, "console", Console(file=out, width=100))
    monkeypatch.setattr(show, "say", lambda text: print(text, file=out))
    assert show.show_findings(FINDINGS) == 2
    assert out.getvalue().splitlines() == [
        "machine",
        "  ok      HTCondor 25.14.1",
        "  warning the disk is [full]",
        "          Remove something.",
        "its jobs",
        "  error   no job can start",
        "          Ask for less.",
        "  error   no data",
        "          Fetch it.",
        "1 ok, 1 warning, 2 errors",
    ]
