"""What runs on slots add up to."""

from __future__ import annotations

from datetime import datetime, timedelta

from sweep.results.accounting import cost_totals, slot_hours, usage_by_place, usage_by_resource
from sweep.trial.event_log import Ending, SlotRun

NOON = datetime(2026, 11, 23, 12)


def run(
    trial: int, hours: float, lost: float = 0.0, ending: Ending = "terminated", host: str = "a", gpu: str = ""
) -> SlotRun:
    """A run that waited a minute, fetched its inputs for another, and then ran so long."""
    start = NOON + timedelta(minutes=2)
    return SlotRun(
        trial=trial,
        queued=NOON,
        claimed=NOON + timedelta(minutes=1),
        start=start,
        end=start + timedelta(hours=hours),
        host=host,
        gpu=gpu,
        ending=ending,
        lost_s=lost * 3600,
        memory_mb=100.0 * trial,
        disk_kb=1024.0,
        cpus=0.5,
        sent=1_000_000,
        received=2_000_000,
    )


RUNS = [
    run(1, 2.0, lost=0.5, ending="evicted", host="b", gpu="A100"),
    run(1, 1.0),
    run(2, 3.0, host="b", gpu="A100"),
    run(3, 1.0, host="b"),
    run(4, 0.5, ending="running"),
]
STATES = {1: "COMPLETE", 2: "PRUNED", 3: "FAIL", 4: "RUNNING"}


def test_hours_are_good_or_it_is_said_what_became_of_them() -> None:
    assert slot_hours(RUNS, STATES) == {"good": 3.0, "pruned": 3.0, "failed": 1.0, "evicted": 0.5}


def test_totals_in_words() -> None:
    assert cost_totals(RUNS, STATES) == [
        ("slot hours", "7.5"),
        ("of these useful", "3 (40%)"),
        ("of these in pruned trials", "3 (40%)"),
        ("of these in failed trials", "1 (13%)"),
        ("of these lost to evictions", "0.5 (7%)"),
        ("plus fetching inputs", "0.0833 h"),
        ("time in the queue", "60 s (median), 60 s (longest)"),
        ("attempts, evictions", "5, 1"),
        ("transferred to jobs, and back", "8 MB, 4 MB"),
    ]
    assert cost_totals([], {})[0] == ("slot hours", "0")


def test_places_are_those_that_did_most_first() -> None:
    frame = usage_by_place(RUNS, STATES)
    assert frame.values.tolist() == [
        ["b", "A100", 2, 1, 5.0, 0.3],
        ["a", "", 2, 0, 1.5, 1.0],
        ["b", "", 1, 0, 1.0, 0.0],
    ]


def test_what_was_used_stands_beside_what_was_asked() -> None:
    frame = usage_by_resource(RUNS, {"request_memory": "2 GB"})
    assert frame.values.tolist() == [
        ["cpus", "", "cores", 0.5, 0.5],
        ["memory", "2 GB", "MB", 200.0, 300.0],
        ["disk", "", "MB", 1.0, 1.0],
    ]
