"""The campaign of `chaos.py --hostile`: a fifth of the trials misbehave, and so do the scripts' surroundings.

Every trial that just trains must be COMPLETE, once, with its value; every other one FAIL with a reason, or COMPLETE
with its own value where it did no harm. No command and no script may die.
"""

from __future__ import annotations

import contextlib
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from benchmarks.chaos_hostile_trainer import FAILS, STEPS, kind_of
from sweep.control.initialise import initialise
from sweep.pool import personal
from sweep.results.report import collect_report
from sweep.study.study import Study
from sweep.system.files import write_text

PER_GENERATION = 40

STUDY = """
[study]
name = "hostile"
metric = "loss"
direction = "minimize"
seed = {seed}
trials_per_generation = {per_generation}
[search]
x = {{ type = "float", low = 0.0, high = 1.0 }}
[trainer]
command = ["python3", "hostile.py", "{{x}}", "{{number}}", "{seed}"]
inputs = ["hostile.py"]
outputs = ["logs"]
epochs = {steps}
checkpoints = true
[job]
request_memory = "64 MB"
request_disk = "64 MB"
checkpoint_every = "1 epochs"
[limits]
retries = 1
failures_in_a_row = 100
"""

HEAD = (
    "| seed | mode | trials | COMPLETE | FAIL | hostile | wrong | scripts or commands that died | disturbances "
    "| minutes |\n|" + "---:|" * 10
)

DEADLINE = 900
"""Seconds for a sweep."""


def run_hostile(folder: Path, seed: int, trials: int, lanes: int | None) -> tuple[str, int]:
    """Run one sweep; return its row of the table, and the number of faults found."""
    study = _make(folder, seed)
    generations = trials // PER_GENERATION
    began, disturbances = time.monotonic(), Counter[str]()
    died = _run(study, generations, lanes, random.Random(seed), disturbances)
    wrong, states = _wrong(study, seed, generations * PER_GENERATION)
    died += _dead_scripts(study)
    for problem in [*wrong, *died]:
        print(f"seed {seed}: {problem}", file=sys.stderr)
    hostile = sum(bool(kind_of(seed, number)) for number in range(generations * PER_GENERATION))
    cells = [seed, f"{lanes} lanes" if lanes else "generations", states.total(), states["COMPLETE"], states["FAIL"]]
    cells += [hostile, len(wrong), len(died), disturbances.total(), f"{(time.monotonic() - began) / 60:.1f}"]
    return "| " + " | ".join(map(str, cells)) + " |", len(wrong) + len(died)


def _make(folder: Path, seed: int) -> Study:
    folder.mkdir(parents=True)
    os.chdir(folder)
    Path("study.toml").write_text(STUDY.format(seed=seed, per_generation=PER_GENERATION, steps=STEPS))
    shutil.copy(Path(__file__).with_name("chaos_hostile_trainer.py"), "hostile.py")
    return initialise(Path("study.toml"), lambda _: None)[0]


def _sweep(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "sweep", *words], capture_output=True, text=True, check=False)


def _run(
    study: Study, generations: int, lanes: int | None, chance: random.Random, disturbances: Counter[str]
) -> list[str]:
    """Run the sweep to its end, and disturb it; return the commands that died."""
    launch = ["launch", "--generations", str(generations), *(["--lanes", str(lanes)] if lanes else [])]
    causes = _disturbances(study)
    began, died = time.monotonic(), []
    while time.monotonic() - began < DEADLINE:
        for words in (launch, ["status"], ["report"]):
            done = _sweep(*words)
            if "Traceback" in done.stdout + done.stderr or done.returncode not in (0, 10):
                died.append(f"sweep {' '.join(words)}: exit status {done.returncode}: {done.stdout}{done.stderr}")
            if words == launch and "nothing to do" in done.stdout:
                return died
        time.sleep(chance.uniform(0, 5))
        name = chance.choice(list(causes))
        disturbances[name] += causes[name]()
    return [*died, "the sweep did not end in time"]


def _disturbances(study: Study) -> dict[str, Callable[[], bool]]:
    return {
        "the server hangs": lambda: _freeze("sweep.node serve", 5),
        "DAGMan hangs": lambda: _freeze("condor_dagman", 5),
        "no interpreter": lambda: _without_interpreter(study),
        "POST again": lambda: _post_again(study),
        "repair": lambda: _sweep("repair").returncode == 0,
    }


def _freeze(word: str, seconds: float) -> bool:
    """Stop the pool's processes whose command line has this word for a while."""
    found = [pid for pid in personal.pool_processes() if word in _command(pid)]
    _signal(found, signal.SIGSTOP)
    time.sleep(seconds)
    _signal(found, signal.SIGCONT)
    return bool(found)


def _signal(pids: list[int], number: signal.Signals) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def _command(pid: int) -> str:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    return ""


def _without_interpreter(study: Study) -> bool:
    """Let the POST script name an interpreter that is not there for a while."""
    script = study.paths.dag / "harvest"
    if not script.exists():
        return False
    text = script.read_text()
    write_text(script, text.replace(sys.executable, "/nowhere/python"), mode=0o777)
    time.sleep(5)
    write_text(script, text, mode=0o777)
    return True


def _post_again(study: Study) -> bool:
    """Run the POST script of a trial that has ended three times at once, as DAGMan has been seen to do."""
    ended = study.paths.ended_trials()
    lanes = list(study.paths.lanes.glob("*.trial"))
    if not ended or lanes:
        return False
    log = study.paths.trial(ended[-1]).job_log.read_text()
    cluster = re.findall(r"^000 \((\d+)", log, re.MULTILINE)[-1]
    command = ["./harvest", str(ended[-1]), "0", str(int(cluster))]
    processes = [subprocess.Popen(command, cwd=study.paths.dag, stdout=subprocess.DEVNULL) for _ in range(3)]
    return all(process.wait() in (0, 66) for process in processes)


def _wrong(study: Study, seed: int, trials: int) -> tuple[list[str], Counter[str]]:
    """Return which trials did not end as they must, and how many ended how."""
    rows = {row["number"]: row for row in collect_report(study).trials}
    found = [f"trial {number} is missing" for number in range(trials) if number not in rows]
    found += [f"trial {number} is one too many" for number in rows if number >= trials]
    for number, row in rows.items():
        kind = kind_of(seed, number)
        is_right = row["state"] == "COMPLETE" and row["values"] == {"loss": row["params"]["x"]}
        is_failure = row["state"] == "FAIL" and row["reason"] and row["reason"].isprintable()
        allowed = is_failure if kind in FAILS else (is_right or is_failure) if kind else is_right
        if not allowed:
            found.append(f"trial {number} ({kind or 'healthy'}): {row['state']} {row['values']} {row['reason']}")
    return found, Counter(row["state"] for row in rows.values())


def _dead_scripts(study: Study) -> list[str]:
    """Return the scripts that ended with a status that they do not choose."""
    found = []
    for log in (study.paths.propose_log, study.paths.harvest_log):
        for line in log.read_text(errors="replace").splitlines() if log.exists() else []:
            status = re.match(r"\*\*\* Node=\S+ Type=\S+ ExitCode=(-?\d+)", line)
            if status and status[1] not in ("0", "67", "69", "75"):
                found.append(line)
    return found
