"""Checks of the access point."""

from __future__ import annotations

import pytest

from sweep.doctor.finding import Level
from sweep.doctor.machine_checks import judge_hand_off, judge_versions


@pytest.mark.parametrize(
    ("daemons", "bindings", "level", "advice"),
    [
        ("25.14.1", "25.14.1", Level.OK, ""),
        ("25.4.0", "25.14.1", Level.OK, ""),
        ("24.0.7", "25.14.1", Level.WARNING, "pip install 'htcondor==24.0.7'"),
        ("10.2.0", "25.14.1", Level.WARNING, "not tested"),
        ("", "25.14.1", Level.WARNING, "condor_version"),
    ],
)
def test_versions(daemons: str, bindings: str, level: Level, advice: str) -> None:
    found = judge_versions(daemons, bindings)
    assert (found.level, advice in found.advice) == (level, True)


def test_a_slow_scan_matters_in_lanes() -> None:
    assert judge_hand_off(1, lanes=True).level == Level.OK
    assert judge_hand_off(5, lanes=False).level == Level.OK
    assert "up to 15 s" in judge_hand_off(5, lanes=True).text
