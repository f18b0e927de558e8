"""What hangs or is gone, from plain values, and the line to type."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from sweep.monitor.trouble import EndedJob, Facts, Lock, find_troubles
from sweep.pool.schedd import Job, JobStatus
from sweep.system.processes import Process

OUTER = Job(7, JobStatus.RUNNING, True, None, "")
INNER = Job(8, JobStatus.RUNNING, False, None, "")
TRIAL = Job(9, JobStatus.RUNNING, False, 3, "")
QUEUE = [OUTER, INNER, TRIAL]


def only(facts: Facts, queue: Sequence[Job] = QUEUE) -> str:
    (text,) = find_troubles(queue, facts)
    return text


def test_a_sweep_that_works_has_no_trouble() -> None:
    busy = Lock("serving.lock", 71, "ap", Process(71, "R"))
    works = Facts(
        waiting_s=[59.0, 0.1, -3600.0],
        serving=busy,
        dagmans={7: Process(70, "S"), 8: Process(72, "D")},
        ended=[EndedJob(3, 9, 59.0, True, False), EndedJob(4, 10, 3600.0, True, True)],
    )
    assert find_troubles(QUEUE, works) == []
    assert find_troubles([], Facts(waiting_s=[99.0])) == []
    held = Job(7, JobStatus.HELD, True, None, "")
    assert find_troubles([held, TRIAL], Facts(waiting_s=[99.0], dagmans={7: None})) == []


@pytest.mark.parametrize(
    ("state", "said", "line"),
    [
        ("T", "is stopped", "Run: kill -CONT 71"),
        ("t", "is stopped", "Run: kill -CONT 71"),
        ("D", "waits for a disk or a file server", "run: kill -9 71. Another"),
        ("S", "still runs", "run: kill -9 71. Another"),
    ],
)
def test_a_process_that_does_not_answer_is_named_with_its_state(state: str, said: str, line: str) -> None:
    text = only(Facts(waiting_s=[75.0, 3.0], serving=Lock("serving.lock", 71, "ap", Process(71, state))))
    assert text.startswith("1 POST script without an answer for up to 75 s") or state in "Tt"
    assert (said in text, line in text, "serving.lock" in text) == (True, True, True)


def test_a_process_that_waits_for_another_is_not_to_blame() -> None:
    server = Lock("serving.lock", 71, "ap", Process(71, "S"))
    repair = Lock("storage.lock", 80, "ap", Process(80, "T"))
    text = only(Facts(waiting_s=[75.0], serving=server, storage=repair))
    assert ("process 80, which holds storage.lock, is stopped" in text, "kill -CONT 80" in text) == (True, True)
    # A stopped process is a trouble before anybody has waited long.
    assert "kill -CONT 80" in only(Facts(storage=repair))


def test_without_a_process_that_answers_its_last_words_are_shown() -> None:
    text = only(Facts(waiting_s=[75.0] * 3, last_line="ImportError: optuna"))
    assert text.startswith("3 POST scripts without an answer")
    assert "no process answers them: ImportError: optuna. To check this machine, run: sweep doctor" in text
    # `sweep status` shows that reason by itself.
    assert find_troubles(QUEUE, Facts(waiting_s=[75.0], is_explained=True)) == []


def test_a_process_that_cannot_be_seen_is_not_killed() -> None:
    unknown, elsewhere = Lock("serving.lock", None, "", None), Lock("serving.lock", 71, "ap2", None)
    assert "run: lslocks" in only(Facts(waiting_s=[75.0], serving=unknown))
    text = only(Facts(waiting_s=[75.0], serving=elsewhere))
    assert ("process 71 on ap2" in text, "kill" in text) == (True, False)


@pytest.mark.parametrize("cluster", [7, 8])
def test_a_dagman_that_is_stopped_or_gone(cluster: int) -> None:
    stopped = Facts(waiting_s=[99.0], dagmans={cluster: Process(70, "T")}, ended=[EndedJob(3, 9, 99.0, True, False)])
    assert only(stopped) == (f"DAGMan (cluster {cluster}) does nothing: its process 70 is stopped. Run: kill -CONT 70")
    gone = only(Facts(dagmans={cluster: None}, commands=("sweep stop --now", "sweep launch --generations 5")))
    assert f"The DAGMan job {cluster} is running by the queue, but no process" in gone
    assert gone.endswith("run: sweep stop --now && sweep launch --generations 5")


def test_a_dagman_that_is_not_in_the_queue_does_not_count() -> None:
    assert find_troubles(QUEUE, Facts(dagmans={5: None})) == []


def test_a_script_that_is_stopped() -> None:
    scripts = [Process(80, "S", "/bin/sh ./harvest 0 0 11"), Process(81, "T", "/bin/sh ./harvest 1 0 12")]
    assert only(Facts(waiting_s=[99.0], scripts=scripts)) == (
        "The process 81 (/bin/sh ./harvest 1 0 12) is stopped. Run: kill -CONT 81"
    )


def test_jobs_that_dagman_has_lost() -> None:
    ended = [EndedJob(number, 10 + number, 99.0, True, False) for number in range(7)]
    text = only(Facts(ended=ended))
    assert text.startswith("The jobs of trials 0, 1, 2, 3, 4, … ended, and DAGMan has not noticed.")
    assert text.endswith("run: sweep stop --now && sweep launch")
    # DAGMan starts few POST scripts at a time.
    assert find_troubles(QUEUE, Facts(ended=ended, waiting_s=[1.0])) == []
    vanished = [EndedJob(3, 13, 99.0, False, False)]
    assert only(Facts(ended=vanished)).startswith("The job of trial 3 left the queue, and DAGMan has not noticed.")


def test_jobs_without_a_dagman() -> None:
    leaving = Job(10, JobStatus.REMOVED, False, 4, "")
    assert only(Facts(), [TRIAL, leaving]) == (
        "The queue has 1 job of the sweep, and no DAGMan that waits for them. "
        "If they do not leave by themselves, run: sweep stop --now"
    )
    assert find_troubles([leaving], Facts()) == []
