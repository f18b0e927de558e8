"""Measures how busy the slots are, how long a sweep without work takes, and what it costs the access point.

    python -m benchmarks.throughput FOLDER utilisation    # 16 fake slots, 160 trials that sleep 10 s, lognormal
    python -m benchmarks.throughput FOLDER overhead       # 32 fake slots, 300 trials without work

It runs the same trials on one personal pool: as nodes of a plain DAG without scripts; in bare lanes, whose scripts do
next to nothing, so that only DAGMan limits them; as generations; in lanes; in lanes that are half as many again as the
slots; by Optuna in as many processes as slots; and, with `--ray PYTHON`, by Ray Tune with Optuna's search. It prints
one table. Trials only sleep, so the number of cores does not matter.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import re
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import htcondor2

from sweep.control.initialise import initialise
from sweep.control.launch import launch_sweep
from sweep.optimizer.stored_study import StoredStudy
from sweep.pool import install, personal, schedd
from sweep.pool.connect import connect
from sweep.workflow.submit import CLAIM_SECONDS

SIGMA = 0.5
"""Standard deviation of the logarithm of the times. With a barrier after each 20 trials, slots are then busy less than
half the time."""

STUDY = """
[study]
name = "{name}"
metric = "score"
direction = "minimize"
trials_per_generation = {width}
[search]
x = {{ type = "float", low = 0.0, high = 1.0 }}
y = {{ type = "int", low = 1, high = 100 }}
[trainer]
command = ["/bin/sh", "run.sh", "{{number}}", "{{x}}"]
inputs = ["run.sh", "times"]
[job]
request_memory = "16 MB"
request_disk = "1 MB"
"""

RUN = """sleep "$(sed -n "$(($1 + 1))p" times)"
echo "{\\"step\\": 1, \\"score\\": $2}" > metrics.jsonl
"""

RAW_NODE = f"""universe = vanilla
executable = /bin/sh
transfer_executable = False
arguments = "run.sh $(number) 0.5"
transfer_input_files = run.sh, times
transfer_output_files = metrics.jsonl
transfer_output_remaps = "metrics.jsonl = out/$(number)"
should_transfer_files = YES
request_memory = 16 MB
request_disk = 1 MB
log = out/$(number).log
keep_claim_idle = {CLAIM_SECONDS}
queue
"""

RAW_NEXT = """#!/bin/sh
number=$(cat next) && echo $((number + 1)) > next
[ "$number" -lt {trials} ] || exit 3
{{ echo "number = $number"; cat node.sub; }} > "$1.sub"
"""

RAW_LANE = """JOB {lane} {lane}.sub
SCRIPT PRE {lane} ./take {lane}
PRE_SKIP {lane} 3
SCRIPT POST {lane} /bin/false
RETRY {lane} 10000
"""


@dataclass(frozen=True)
class Timing:
    """Seconds of one way to run the trials: in `total`; from the first job's start to the last job's end (`span`); and
    of CPU on the access point (`cpu`)."""

    name: str
    total: float
    span: float
    cpu: float


def times(trials: int, mean: float) -> list[float]:
    """Return the seconds of each trial."""
    chance = random.Random(0)
    drawn = [chance.lognormvariate(0, SIGMA) for _ in range(trials)]
    return [round(length * mean * trials / sum(drawn), 3) for length in drawn]


def cpu_of(pid: str) -> float:
    """Return the CPU seconds of a process and of the children that it has waited for; 0 if it is gone."""
    try:
        words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return sum(map(int, words[11:15])) / os.sysconf("SC_CLK_TCK")


def daemons_cpu() -> float:
    """Return the CPU seconds of the pool's processes on an access point: schedd, shadows, DAGMan and its scripts."""
    names = ("condor_schedd", "condor_shadow", "condor_dagman")
    return sum(cpu_of(str(pid)) for pid, name in personal.pool_processes().items() if name.startswith(names))


def wait_until_gone(cluster: int) -> float:
    """Wait for the end of a DAG. Return the CPU seconds of the servers of POST scripts, which outlive their scripts."""
    spent: dict[str, float] = {}
    while htcondor2.Schedd().query(constraint=f"ClusterId == {cluster}", projection=["ClusterId"]):
        for process in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if b"sweep.node\0serve" in (process / "cmdline").read_bytes():
                    spent[process.name] = max(spent.get(process.name, 0.0), cpu_of(process.name))
        time.sleep(0.2)
    return sum(spent.values())


def sweep(folder: Path, name: str, trials: int, width: int, sleeps: list[float], lanes: int | None) -> Timing:
    """Time a study of this project, from its launch to the end of its last job."""
    home = folder / name
    home.mkdir(parents=True)
    os.chdir(home)
    Path("run.sh").write_text(RUN)
    Path("times").write_text("".join(f"{seconds}\n" for seconds in sleeps))
    Path("study.toml").write_text(STUDY.format(name=name, width=width))
    study, _ = initialise(Path("study.toml"), lambda _: None)
    before, began = daemons_cpu(), time.monotonic()
    launched = launch_sweep(study, -(-trials // width), lanes)
    assert launched.cluster
    servers = wait_until_gone(launched.cluster)
    total = time.monotonic() - began
    logs = sorted(study.paths.trials.glob("*/job.log"))
    states = Counter(row.state for row in StoredStudy.open(study, writing=False).rows())
    assert states == {"COMPLETE": -(-trials // width) * width}, states
    return Timing(name, total, span(logs), daemons_cpu() - before + servers)


def raw(folder: Path, name: str, dag: str, sleeps: list[float]) -> Timing:
    """Time the same jobs in a DAG that this project did not write."""
    home = folder / name.replace(" ", "-")
    (home / "out").mkdir(parents=True)
    (home / "run.sh").write_text(RUN)
    (home / "times").write_text("".join(f"{seconds}\n" for seconds in sleeps))
    (home / "node.sub").write_text(RAW_NODE)
    (home / "next").write_text("0\n")
    (home / "take").write_text(RAW_NEXT.format(trials=len(sleeps)))
    (home / "take").chmod(0o755)
    (home / "dagman.config").write_text("DAGMAN_MAX_PRE_SCRIPTS = 1\n")
    (home / "raw.dag").write_text(f"CONFIG dagman.config\n{dag}")
    before, began = daemons_cpu(), time.monotonic()
    wait_until_gone(schedd.submit_dag(home / "raw.dag", name))
    total, logs = time.monotonic() - began, list((home / "out").glob("*.log"))
    assert len(logs) == len(sleeps), len(logs)
    return Timing(name, total, span(logs), daemons_cpu() - before)


def plain(folder: Path, sleeps: list[float]) -> Timing:
    """Time a DAG with one node for each trial and no scripts."""
    nodes = [f'JOB n{number} node.sub\nVARS n{number} number="{number}"\n' for number in range(len(sleeps))]
    return raw(folder, "plain DAG", "".join(nodes), sleeps)


def bare_lanes(folder: Path, sleeps: list[float], lanes: int) -> Timing:
    """Time lanes whose scripts only take the next number."""
    nodes = [RAW_LANE.format(lane=f"lane{number}") for number in range(lanes)]
    return raw(folder, "lanes, bare", "".join(nodes), sleeps)


def span(logs: list[Path]) -> float:
    """Return the seconds from the first job's start to the last job's end, by their event logs."""
    found = [
        (code, datetime.strptime(when, "%Y-%m-%d %H:%M:%S"))
        for log in logs
        for code, when in re.findall(r"^(00[15]) \S+ (\S+ \S+) ", log.read_text(), re.MULTILINE)
    ]
    starts, ends = ([when for code, when in found if code == wanted] for wanted in ("001", "005"))
    return (max(ends) - min(starts)).total_seconds()


RAY = """
import json, os, sys, time
import ray
from ray import tune
from ray.tune.search import ConcurrencyLimiter
from ray.tune.search.optuna import OptunaSearch
sleeps, slots = json.load(open(sys.argv[1])), int(sys.argv[2])
ray.init(num_cpus=slots, include_dashboard=False, log_to_driver=False, logging_level="error")
place = os.path.abspath("turn")
def turn():  # the number of trials that started before this one: Ray gives trials random names
    for number in range(len(sleeps)):
        try:
            open(f"{place}.{number}", "x").close()
            return number
        except FileExistsError:
            pass
def run(config):
    began = time.time()
    time.sleep(sleeps[turn()])
    tune.report({"score": config["x"], "began": began, "ended": time.time()})
search = OptunaSearch(metric="score", mode="min")
began = time.time()
found = tune.Tuner(
    run, param_space={"x": tune.uniform(0, 1), "y": tune.randint(1, 101)},
    tune_config=tune.TuneConfig(num_samples=len(sleeps), search_alg=search, max_concurrent_trials=slots),
    run_config=tune.RunConfig(verbose=0),
).fit()
total = time.time() - began
each = [result.metrics for result in found]
print(json.dumps([total, max(m["ended"] for m in each) - min(m["began"] for m in each)]))
"""

OPTUNA = """
import json, subprocess, sys, time
sleeps, slots = json.load(open(sys.argv[1])), int(sys.argv[2])
import optuna
optuna.logging.set_verbosity(optuna.logging.ERROR)
if len(sys.argv) == 3:
    optuna.create_study(storage="sqlite:///study.db", study_name="s")
    began = time.time()
    workers = [subprocess.Popen([sys.executable, __file__, *sys.argv[1:], "worker"]) for _ in range(slots)]
    assert all(worker.wait() == 0 for worker in workers)
    total = time.time() - began
    each = optuna.load_study(storage="sqlite:///study.db", study_name="s").trials
    span = max(t.datetime_complete for t in each) - min(t.datetime_start for t in each)
    print(json.dumps([total, span.total_seconds()]))
else:
    def run(trial):
        if trial.number >= len(sleeps):
            trial.study.stop()
            raise optuna.TrialPruned
        trial.suggest_float("x", 0, 1), trial.suggest_int("y", 1, 100)
        time.sleep(sleeps[trial.number])
        return trial.params["x"]
    optuna.load_study(storage="sqlite:///study.db", study_name="s").optimize(run)
"""


def peer(folder: Path, name: str, program: str, sleeps: list[float], slots: int, python: str) -> Timing | None:
    """Time another tool on this machine, in its own processes. Return None if it fails."""
    home = folder / name.replace(" ", "-")
    home.mkdir(parents=True)
    (home / "peer.py").write_text(program)
    (home / "sleeps.json").write_text(json.dumps(sleeps))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [python, "peer.py", "sleeps.json", str(slots)], cwd=home, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        print(f"{name}: {done.stderr[-500:]}", file=sys.stderr)
        return None
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # The tool may print more after the line with its figures.
    total, spanned = json.loads([line for line in done.stdout.splitlines() if line.startswith("[")][-1])
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Timing(name, total, spanned, cpu)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("what", choices=["utilisation", "overhead"])
    parser.add_argument("--trials", type=int)
    parser.add_argument("--mean", type=float)
    parser.add_argument("--ray", metavar="PYTHON", help="Python with ray[tune] and optuna")
    arguments = parser.parse_args()
    slots, trials, mean = (16, 160, 10.0) if arguments.what == "utilisation" else (32, 300, 0.0)
    trials, mean = arguments.trials or trials, mean if arguments.mean is None else arguments.mean
    folder = arguments.folder.resolve()
    folder.mkdir(parents=True)
    sleeps = times(trials, mean)
    os.environ["XDG_STATE_HOME"] = str(folder / "pool")
    installation = install.find_installation()
    assert installation is not None, "no HTCondor on this machine; run: sweep pool install"
    personal.start_pool(installation, slots, lambda _: None)
    connect()
    generation = slots if arguments.what == "utilisation" else trials
    runs: list[Callable[[], Timing | None]] = [
        lambda: plain(folder, sleeps),
        lambda: bare_lanes(folder, sleeps, slots),
        lambda: sweep(folder, "generations", trials, generation, sleeps, None),
        lambda: sweep(folder, "lanes", trials, generation, sleeps, slots),
        # While a lane waits for its next trial, the job of another lane has its slot.
        lambda: sweep(folder, "lanes-half-more", trials, generation, sleeps, slots * 3 // 2),
        lambda: peer(folder, "Optuna in processes", OPTUNA, sleeps, slots, sys.executable),
    ]
    if arguments.ray:
        runs.append(lambda: peer(folder, "Ray Tune", RAY, sleeps, slots, arguments.ray))
    timings = []
    try:
        for run in runs:
            if timing := run():
                timings.append(timing)
                print(f"{timing.name}: {timing.total:.1f} s", file=sys.stderr)
    finally:
        personal.stop_pool()
    print("| | seconds | relative to the plain DAG | slots busy | CPU s per trial |\n|---|---:|---:|---:|---:|")
    for timing in timings:
        busy = f"{sum(sleeps) / slots / timing.span:.0%}" if mean else ""
        relative, cpu = timing.total / timings[0].total, timing.cpu / trials
        print(f"| {timing.name} | {timing.total:.0f} | {relative:.2f} | {busy} | {cpu:.3f} |")


if __name__ == "__main__":
    main()
