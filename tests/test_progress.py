"""Where a sweep stands, counted from its files and the queue, and how it is told."""

from __future__ import annotations

import io

from rich.console import Console

from sweep.condor import Job, JobStatus
from sweep.progress import Generation, summarise
from sweep.sections import StudySection
from sweep.trial import Result, TrialSpec
from sweep.watch import last_words, line, table


def spec(number: int) -> TrialSpec:
    return TrialSpec(number, number // 4, number % 4, {}, 0, 0, 2, ["acc"], {})


def result(number: int, value: float | None) -> Result:
    values = {} if value is None else {"acc": value}
    return Result(number, "COMPLETE" if values else "FAIL", values, {}, "", 2, 1, 0, 1.0, 0.0, "")


def section(per_generation: int, direction: str = "maximize") -> StudySection:
    return StudySection.model_validate(
        {"name": "s", "metric": "acc", "direction": direction, "trials_per_generation": per_generation}
    )


QUEUE = [
    Job(1, JobStatus.RUNNING, True, None, ""),
    Job(5, JobStatus.RUNNING, False, 2, ""),
    Job(6, JobStatus.HELD, False, 4, "no such file"),
    Job(8, JobStatus.HELD, False, 8, "by the user"),
    Job(7, JobStatus.IDLE, False, 5, ""),
]
RESULTS = {0: result(0, 0.5), 1: result(1, 0.7), 3: result(3, None)}


def test_trials_are_counted_by_generation_and_state() -> None:
    progress = summarise([spec(number) for number in range(8)], RESULTS, QUEUE, 3, section(4))
    assert progress.generations == [
        Generation(0, 4, complete=2, failed=1, running=1, best=0.7),
        Generation(1, 4, held=1, idle=1),
        Generation(2, 4),
    ]
    assert progress.alive
    assert progress.hold_reasons == {4: "no such file", 8: "by the user"}
    assert not progress.finished


def test_the_smallest_is_best_when_minimising() -> None:
    assert summarise([spec(0), spec(1)], RESULTS, [], 1, section(2, "minimize")).generations[0].best == 0.5


def test_a_sweep_is_finished_when_all_planned_trials_have_ended() -> None:
    results = {number: result(number, None) for number in range(4)}
    specs = [spec(number) for number in range(4)]
    assert summarise(specs, results, [], 1, section(4)).finished
    assert not summarise(specs, results, [], 2, section(4)).finished
    assert not summarise(specs, results, [], 1, section(4)).alive


def test_a_job_whose_trial_has_ended_counts_once() -> None:
    queue = [Job(5, JobStatus.COMPLETED, False, 0, "")]
    generation = summarise([spec(0)], RESULTS, queue, 1, section(4)).generations[0]
    assert (generation.complete, generation.running, generation.idle) == (1, 0, 0)


def test_the_words_of_the_script_that_failed_last_are_found() -> None:
    log = (
        "*** Node=trial-00000 Type=POST ExitCode=0 Completion=1 Cmd='./harvest 0 0'\nfine\n"
        "*** Node=trial-00001 Type=POST ExitCode=1 Completion=2 Cmd='./harvest 1 0'\nthe disk\nis full\n"
        "*** Node=trial-00002 Type=POST ExitCode=75 Completion=3 Cmd='./harvest 2 9'\nagain\n"
    )
    assert last_words(log) == "the disk\nis full"
    assert last_words(log.replace("ExitCode=1 ", "ExitCode=0 ")) == ""
    assert "ExitCode=2" in last_words("*** Node=a Type=PRE ExitCode=2 Completion=1\n")
    assert last_words("") == ""


def test_lines_and_table_say_the_same() -> None:
    generation = Generation(3, 4, complete=1, failed=1, running=1, held=1, best=0.87654321)
    assert line(generation, "acc") == (
        "generation 3: 2 of 4 trials done, 1 running, 0 idle, 1 held, 1 failed, best acc 0.87654"
    )
    progress = summarise([spec(0)], RESULTS, QUEUE, 1, section(4))
    console = Console(file=io.StringIO(), width=100)
    console.print(table(progress, "acc"))
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "best acc" in text
    assert "1/4" in text
    assert "trial 4 is held: no such file" in text
    assert "Ctrl-C leaves the sweep running" in text
