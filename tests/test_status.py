"""The screen of `sweep status`, from plain values."""

from __future__ import annotations

from sweep.condor import Job, JobStatus
from sweep.progress import Generation, Progress
from sweep.status import Running, lines
from sweep.study import Study

OUTER = Job(7, JobStatus.RUNNING, True, None, "")
DONE = Progress([Generation(0, 2, complete=2, best=0.5)], True, {})
HALF = Progress([Generation(0, 2, complete=1, running=1, best=0.5), Generation(1, 2)], True, {})


def test_a_running_sweep(study: Study) -> None:
    running = Running(1, JobStatus.RUNNING, "gpu-4.example.edu", 3, 2, 1, {"val_accuracy": 0.25}, "")
    assert lines(study, HALF, OUTER, [running, None], "") == [
        "tiny is running as cluster 7.",
        "generation 0: 1 of 2 trials done, 1 running, 0 idle, 0 failed, best val_accuracy 0.5",
        "trial 1: running on gpu-4.example.edu, epoch 1 of 2, val_accuracy 0.25, 3 starts, 2 evictions",
    ]


def test_what_is_held_says_why_and_what_to_do(study: Study) -> None:
    held = Running(0, JobStatus.HELD, "gpu-4.example.edu", 1, 0, 0, {}, "via condor_hold (by user ada)")
    text = "\n".join(lines(study, HALF, OUTER, [held], ""))
    assert "trial 0: held, epoch 0 of 2, 1 starts, 0 evictions" in text
    assert "held: via condor_hold (by user ada)" in text
    assert "condor_release -constraint 'SweepTrial == 0'" in text


def test_a_sweep_that_is_held_stopped_finished_or_not_begun(study: Study) -> None:
    held = Job(7, JobStatus.HELD, True, None, "out of disk")
    assert lines(study, HALF, held, [], "")[0] == "tiny is held (cluster 7): out of disk."
    stopped = lines(study, HALF, None, [], "Stopped by `sweep stop`.")
    assert (stopped[0], stopped[-1]) == (
        "tiny is not running. Stopped by `sweep stop`.",
        "Next: sweep launch --generations 2",
    )
    assert lines(study, DONE, None, [], "")[0] == "tiny is finished."
    assert lines(study, Progress([], False, {}), None, [], "")[0] == "tiny is not running."
