"""Slots over time."""

from __future__ import annotations

from sweep.results.page import timeline
from tests.page_samples import NOON, many, runs


def test_a_run_s_bars_tell_what_an_eviction_lost() -> None:
    evicted = runs(many(10))[9]
    bars = timeline.run_bars(evicted, {evicted.trial: "COMPLETE"}, NOON)
    assert [(kind, (end - start).total_seconds()) for start, end, kind in bars] == [
        ("complete", 70.0),
        ("lost to an eviction", 50.0),
    ]
    assert timeline.short_host_names(["gpu-1.example.edu", "gpu-2.example.edu"]) == {
        "gpu-1.example.edu": "gpu-1",
        "gpu-2.example.edu": "gpu-2",
    }
    names = ["slot1_10@a2", "slot1_2@a10", "slot1_2@a2"]
    assert sorted(names, key=timeline.slot_order) == ["slot1_2@a2", "slot1_10@a2", "slot1_2@a10"]
