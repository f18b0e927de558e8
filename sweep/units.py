"""Times and sizes as short text for people."""

from __future__ import annotations


def readable_time(seconds: float) -> str:
    """A time for people: 12 s, 3.5 min, 2.1 h, 3.2 d."""
    lengths = {"d": 86400, "h": 3600, "min": 60, "s": 1}
    unit = next((unit for unit, length in lengths.items() if seconds >= 2 * length), "s")
    value = seconds / lengths[unit]
    return f"{value:.2g} {unit}" if value < 10 else f"{value:.0f} {unit}"


def readable_mb(size: int) -> str:
    return f"{size / 1e6:.3g} MB"
