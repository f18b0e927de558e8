"""Times and sizes for people."""

from __future__ import annotations

import pytest

from sweep.units import readable_time


@pytest.mark.parametrize(
    ("seconds", "text"), [(3.21, "3.2 s"), (119, "119 s"), (150, "2.5 min"), (7600, "2.1 h"), (1e6, "12 d")]
)
def test_times_for_people(seconds: float, text: str) -> None:
    assert readable_time(seconds) == text
