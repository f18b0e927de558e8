"""A user's own program on a real pool: its words, its environment, its metrics, and no checkpoints."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from sweep.pool import schedd
from sweep.pool.schedd import JobStatus
from sweep.study.study import open_current
from tests.pool.actions import report, sweep, wait_for

pytestmark = pytest.mark.pool

ODD = [
    'it\'s "odd" $(x) $HOME \\ back\\',
    "größe 中 100% {b}",
    "",
    " two  blanks ",
    "'",
    "--flag=$$(y);&|",
    "$$$(x)$$[1+1]$$",
]

SHELL = """
[study]
name = "shell"
metric = "score"
direction = "maximize"
trials_per_generation = {count}
[sampler]
name = "bruteforce"
[search]
word = {{ type = "categorical", choices = {choices} }}
rate = 1e-300
big = 9007199254740992
[trainer]
command = ["./train.sh", "{{word}}", ["--lost", "{{word}}", "--n={{number}}"], "{{rate}}", "{{big}}"]
inputs = ["train.sh"]
outputs = ["tb", "empty"]
environment = {{ WORD = "<{{word}}>", PLAIN = "it's" }}
metrics = "log.csv"
[job]
request_memory = "64 MB"
request_disk = "10 MB"
"""

# No Python: the trial contract is kept by any language.
SCRIPT = """#!/bin/sh
test -e started && echo again
touch started
mkdir tb/run && echo an event > tb/run/events
printf '%s\\n' "$@" "$WORD" "$PLAIN"
printf 'epoch,score\\n1,0.25\\n2,0.5\\n' > log.csv
"""


def test_any_word_reaches_a_program_as_it_is(here: Path) -> None:
    (here / "train.sh").write_text(SCRIPT)
    (here / "train.sh").chmod(0o755)
    choices = json.dumps(ODD, ensure_ascii=False)
    (here / "study.toml").write_text(SHELL.format(count=len(ODD), choices=choices))
    said = sweep("init", "study.toml").stdout
    assert "[trainer] checkpoints = false" in said
    sweep("launch", "--generations", "1", "--watch")
    there = open_current(None)
    trials = report()["trials"]
    assert [trial["state"] for trial in trials] == ["COMPLETE"] * len(ODD)
    assert all(trial["values"] == {"score": 0.5} for trial in trials)
    assert sorted(trial["params"]["word"] for trial in trials) == sorted(ODD)
    for trial in trials:
        word, number = trial["params"]["word"], trial["number"]
        words = [word, "--lost", word, f"--n={number}", "1e-300", "9007199254740992", f"<{word}>", "it's"]
        assert there.paths.trial(number).stdout.read_text() == "".join(f"{one}\n" for one in words)
        assert (there.paths.trial(number).root / "tb" / "run" / "events").read_text() == "an event\n"


PYTHON = """
[study]
name = "python"
metric = "acc"
direction = "maximize"
trials_per_generation = 2
[search]
lr = { type = "float", low = 0.0, high = 1.0 }
[trainer]
command = ["python3", "-u", "train.py", "--lr", "{lr}"]
inputs = ["train.py", "lib"]
metrics = { stdout = 'acc = (\\S+)' }
[job]
request_memory = "64 MB"
request_disk = "10 MB"
"""

PROGRAM = """
import sys, time
from lib import score
print("acc = 0.0")
open("metrics.jsonl", "a").write("an attempt\\n")
time.sleep(3)
print("acc =", score.of(float(sys.argv[2])))
"""


def test_a_program_without_checkpoints_starts_over_when_it_is_evicted(here: Path) -> None:
    (here / "train.py").write_text(PROGRAM)
    (here / "lib").mkdir()
    (here / "lib" / "score.py").write_text("def of(lr): return lr / 2\n")
    (here / "study.toml").write_text(PYTHON)
    sweep("init", "study.toml")
    sweep("launch", "--generations", "1")
    there = open_current(None)

    def running() -> list[schedd.Job]:
        # The event log has the start a moment after the queue; an eviction before it would be no attempt.
        log = there.paths.trial(0).job_log
        if not log.exists() or "Job executing" not in log.read_text():
            return []
        return [job for job in schedd.queued_jobs(there.id) if job.trial == 0 and job.status == JobStatus.RUNNING]

    (job,) = wait_for(running, "trial 0 runs")
    subprocess.run(["condor_vacate_job", str(job.cluster)], check=True, capture_output=True)
    sweep("launch", "--generations", "1", "--watch")
    trials = report()["trials"]
    assert [trial["state"] for trial in trials] == ["COMPLETE"] * 2
    assert [trial["values"]["acc"] for trial in trials] == [trial["params"]["lr"] / 2 for trial in trials]
    assert trials[0]["attempts"] == 2
    assert there.paths.trial(0).stdout.read_text().count("acc = 0.0") == 1
    assert there.paths.trial(0).metrics.read_text() == "an attempt\n"
