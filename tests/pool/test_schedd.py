"""What sweep reads from the ads of jobs, which their programs can write to."""

from __future__ import annotations

import pytest

from sweep.pool.schedd import live_report
from tests.samples import ad

# Chirp's condor_chirp set_job_attr_delayed takes any of them.
ODD = [
    "undefined",
    "error",
    "true",
    '"3"',
    '"a\\nb"',
    "{1, 2}",
    "[ a = 1 ]",
    'real("NaN")',
    'real("INF")',
    "1 + 1",
    "x",
]


def test_a_running_trial_s_report_is_its_step_and_its_values() -> None:
    text = "[ ChirpSweepStep = 3; ChirpSweepValue0 = 0.5; ChirpSweepValue1 = -2; ChirpOther = 1 ]"
    assert live_report(ad(text)) == {"live_step": 3, "live_values": (0.5, -2.0)}
    assert live_report(ad("[ ChirpSweepStep = 3 ]")) == {"live_step": 3, "live_values": ()}
    assert live_report(ad("[ a = 1 ]")) == {}


@pytest.mark.parametrize("odd", [*ODD, "-1", "2147483648", "3.0"])
def test_a_step_that_is_no_plain_number_is_ignored(odd: str) -> None:
    assert live_report(ad(f"[ x = 1; ChirpSweepStep = {odd}; ChirpSweepValue0 = 0.5 ]")) == {}


@pytest.mark.parametrize("odd", ODD)
def test_a_value_that_is_no_plain_number_is_ignored(odd: str) -> None:
    assert live_report(ad(f"[ x = 1; ChirpSweepStep = 1; ChirpSweepValue0 = {odd}; ChirpSweepValue1 = 1 ]")) == {}
