"""What `sweep status` shows, from plain values: as lines, as a live screen, as JSON."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import datetime

from rich.console import Console

from sweep.monitor.display import generation_line, headline, live_view, progress_json, sparkline, status_lines
from sweep.monitor.progress import Generation, Progress, QueuedTrial
from sweep.pool.schedd import Job, JobStatus
from sweep.study.study import Study

OUTER = Job(7, JobStatus.RUNNING, True, None, "")
NOON = datetime(2026, 11, 23, 12)
RUNNING = QueuedTrial(
    1,
    JobStatus.RUNNING,
    step=1,
    target_step=2,
    values={"val_accuracy": 0.25},
    host="gpu-4.example.edu",
    gpu="NVIDIA A100",
    lane="lane-0003",
    since=NOON,
    attempts=3,
    evictions=2,
)
HELD = QueuedTrial(0, JobStatus.HELD, target_step=2, attempts=1, hold_reason="via condor_hold (by user ada)")
HALF = Progress(
    [Generation(0, 2, complete=1, running=1, best=0.5), Generation(1, 2)],
    OUTER,
    [RUNNING],
    unfinished=1,
    best=[(0, 0.5)],
    evictions=2,
    busy=0.75,
    seconds_left=9000.0,
)
DONE = Progress([Generation(0, 2, complete=2, best=0.5)], None, [])


def test_a_running_sweep(study: Study) -> None:
    assert status_lines(study, HALF) == [
        "tiny is running as cluster 7.",
        "1 of 4 trials done, slots busy 75% of the time, 2 evictions, about 2.5 h left, "
        "best val_accuracy 0.5 (trial 0)",
        "generation 0: 1 of 2 trials done, 1 running, 0 idle, 0 failed, best val_accuracy 0.5",
        "trial 1: running on gpu-4.example.edu (NVIDIA A100) in lane-0003, epoch 1 of 2, val_accuracy 0.25, "
        "3 attempts, 2 evictions",
    ]


def test_what_is_held_says_why_and_what_to_do(study: Study) -> None:
    text = "\n".join(status_lines(study, replace(HALF, queued=[HELD])))
    assert "trial 0: held, epoch 0 of 2, 1 attempt, 0 evictions" in text
    assert "trial 0 is held: via condor_hold (by user ada)" in text
    assert f"condor_release -constraint 'SweepTrial == 0 && SweepStudy == \"{study.id}\"'" in text


def test_a_sweep_that_is_held_stopped_finished_or_not_begun(study: Study) -> None:
    assert status_lines(study, Progress([], None, []))[-1] == "Next: sweep launch --generations 5"
    study.paths.dag.mkdir()
    study.paths.planned.write_text("2\n")
    held = replace(HALF, outer=Job(7, JobStatus.HELD, True, None, "out of disk"))
    assert (held.state, status_lines(study, held)[0]) == ("held", "tiny is held (cluster 7): out of disk.")
    stopped = replace(HALF, outer=None, queued=[], stopped="Stopped by `sweep stop`.")
    text = status_lines(study, stopped)
    assert (stopped.state, text[0]) == ("stopped", "tiny is not running. Stopped by `sweep stop`.")
    assert text[-1] == "Next: sweep launch --generations 2"
    assert not any("Fix the cause" in line for line in text)
    failed = replace(stopped, stopped="2 trials in a row failed, all with: no photos")
    assert status_lines(study, failed)[-2:] == [
        "Fix the cause first. To see why trials failed, run: sweep report",
        "Next: sweep launch --generations 2",
    ]
    assert headline(study, failed) == f"tiny ended early: {failed.stopped}"
    assert headline(study, replace(DONE, stopped=failed.stopped)) == f"tiny has ended. {failed.stopped}"
    assert (DONE.state, status_lines(study, DONE)[0]) == ("finished", "tiny is finished.")
    assert status_lines(study, Progress([], None, []))[0] == "tiny is not running."


def test_what_hangs_is_shown_everywhere(study: Study) -> None:
    hangs = replace(HALF, troubles=["Process 9 is stopped. Run: kill -CONT 9"])
    assert status_lines(study, hangs)[1] == hangs.troubles[0]
    assert json.loads(progress_json(study, hangs))["troubles"] == hangs.troubles
    console = Console(file=io.StringIO(), width=130)
    console.print(live_view(study, hangs, NOON))
    assert hangs.troubles[0] in console.file.getvalue()  # type: ignore[attr-defined]


def test_an_early_end_says_why(study: Study) -> None:
    ended = replace(HALF, outer=None, queued=[], unfinished=0, ended="the target was reached")
    assert status_lines(study, ended)[0] == "tiny is finished: the target was reached."
    assert replace(ended, unfinished=1).state == "stopped"


def test_a_generation_in_a_line() -> None:
    generation = Generation(3, 4, complete=1, failed=1, running=1, held=1, pruned=1, best=0.87654321)
    assert generation_line("generation 3", generation, "acc") == (
        "generation 3: 3 of 4 trials done, 1 running, 0 idle, 1 held, 1 pruned, 1 failed, best acc 0.87654"
    )


def test_lanes_are_one_line(study: Study) -> None:
    lanes = replace(HALF, lanes=8)
    assert "8 lanes: 1 of 4 trials done, 1 running, 0 idle, 0 failed, best val_accuracy 0.5" in status_lines(
        study, lanes
    )
    assert not any(text.startswith("generation") for text in status_lines(study, lanes))


def test_the_live_screen_has_it_all(study: Study) -> None:
    console = Console(file=io.StringIO(), width=130)
    shown = replace(HALF, queued=[RUNNING, HELD], best=[(2, 0.25), (0, 0.5)], waiting="trial 9: the disk is full")
    console.print(live_view(study, shown, datetime(2026, 11, 23, 12, 5)))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    for part in (
        "tiny is running as cluster 7.",
        "best val_accuracy: ▁█",
        "gpu-4.example.edu",
        "lane-0003",
        "5 min",
        "trial 0 is held: via condor_hold (by user ada)",
        "waiting: trial 9: the disk is full",
        "Ctrl-C leaves the sweep running",
    ):
        assert part in text


def test_the_live_screen_fits_a_terminal_however_many_run(study: Study) -> None:
    many = [replace(RUNNING, trial=number) for number in range(500)]
    generations = [Generation(number, 4, running=4) for number in range(100)]
    console = Console(file=io.StringIO(), width=130)
    console.print(live_view(study, replace(HALF, queued=many, generations=generations), NOON))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert len(text.splitlines()) < 40
    assert "and 488 more running" in text


def test_json_for_programs(study: Study) -> None:
    told = json.loads(progress_json(study, HALF))
    assert (told["state"], told["cluster"], told["trials"]) == ("running", 7, {"done": 1, "total": 4})
    assert told["best"] == {"trial": 0, "value": 0.5}
    assert told["open"][0]["status"] == "RUNNING"
    assert told["open"][0]["since"] == "2026-11-23T12:00:00"
    assert json.loads(progress_json(study, DONE))["best"] is None


def test_a_small_curve() -> None:
    assert sparkline([]) == ""
    assert sparkline([1.0, 1.0]) == "▁▁"
    assert sparkline([0.0, 0.5, 1.0]) == "▁▅█"
    assert len(sparkline([float(number) for number in range(100)])) == 24


def test_a_curve_of_huge_values() -> None:
    assert sparkline([-1e308, 0.0, 1e308]) == "▁▅█"
    assert sparkline([1e308, 1e308]) == "▁▁"
    assert sparkline([]) == ""
