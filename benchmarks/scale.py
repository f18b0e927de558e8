"""Measures what a trial costs the access point when a study has 100, 1,000 and 10,000 trials.

    python -m benchmarks.scale FOLDER [--storage sqlite]

For each number it makes a study whose trials have all ended, and measures the CPU seconds of the workflow's scripts and
of the user's commands. It needs no pool, and prints one table.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

from sweep.control.initialise import initialise
from sweep.control.repair import repair_storage
from sweep.monitor.display import live_view
from sweep.monitor.progress_reader import ProgressReader
from sweep.nodes import post_server
from sweep.nodes.fill_lanes import assign_trials
from sweep.nodes.lanes import set_trial, trial_of_lane
from sweep.nodes.post_requests import PostReply, PostRequest, write_reply
from sweep.nodes.propose import propose
from sweep.optimizer.stored_study import StoredStudy
from sweep.pool.schedd import Job, JobStatus
from sweep.study.study import Study
from sweep.system.files import locked, write_json, write_text
from sweep.trial.result import Result
from sweep.workflow.dag import node_script
from sweep.workflow.exit_codes import TRY_AGAIN

BATCH = 1000

STUDY = """
[study]
name = "scale"
metric = "score"
direction = "minimize"
trials_per_generation = {per_generation}
storage = "{storage}"
[search]
lr = {{ type = "float", low = 1e-5, high = 1e-1, log = true }}
width = {{ type = "int", low = 8, high = 256, log = true }}
depth = {{ type = "int", low = 1, high = 10 }}
dropout = {{ type = "float", low = 0.0, high = 0.5 }}
decay = {{ type = "float", low = 1e-6, high = 1e-2, log = true }}
smoothing = {{ type = "float", low = 0.0, high = 0.2 }}
activation = {{ type = "categorical", choices = ["relu", "gelu", "silu"] }}
norm = {{ type = "categorical", choices = ["batch", "layer"] }}
[trainer]
command = ["./train"]
inputs = ["train"]
"""


JOB_LOG = """000 (1.0.0) 2026-11-23 12:00:00 Job submitted from host: <127.0.0.1>
...
001 (1.0.0) 2026-11-23 12:00:10 Job executing on host: <127.0.0.1>
\tSlotName: slot1_1@gpu-4.example.edu
...
005 (1.0.0) 2026-11-23 12:01:10 Job terminated.
...
"""


LANE = "lane-0000"

SERVE_ONCE = (
    "import sys; from sweep.nodes import post_server; post_server.LINGER_SECONDS = 0; post_server.main(sys.argv[1:])"
)


def make(folder: Path, trials: int, per_generation: int, storage: str) -> Study:
    """Return a new study in which `trials` trials have ended, each after ten steps."""
    folder.mkdir(parents=True)
    os.chdir(folder)
    Path("train").write_text("")
    Path("study.toml").write_text(STUDY.format(per_generation=per_generation, storage=storage))
    study, _ = initialise(Path("study.toml"), lambda _: None)
    template = propose(study, 0)[0]
    chance = random.Random(0)
    for number in range(trials):
        files = study.paths.trial(number)
        params = dict(template.params) | {"lr": 10 ** chance.uniform(-5, -1), "dropout": chance.uniform(0, 0.5)}
        key = {"number": number, "generation": number // per_generation, "index": number % per_generation}
        write_json(files.spec, template.to_json() | key | {"params": params})
        curve = [chance.random() + 1 / step for step in range(1, 11)]
        reports = [json.dumps({"step": step, "score": value}) + "\n" for step, value in enumerate(curve, start=1)]
        files.metrics.write_text("".join(reports))
        result = Result(number, "COMPLETE", {"score": curve[-1]}, {}, "", 10, 1, 0, 60.0, 0.0, "")
        write_json(files.result, result.to_json())
        files.job_log.write_text(JOB_LOG)
    repair_storage(study)
    return study


def cpu(*words: str) -> float:
    """Return the CPU seconds of a Python process with these arguments, its start included."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    done = subprocess.run([sys.executable, *words], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode in (0, TRY_AGAIN), done.stderr
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def measure(study: Study, trials: int, per_generation: int) -> dict[str, float]:
    """Return the CPU seconds of each script and command, by the name of its row in the table."""
    root = str(study.paths.root)
    following = str(trials // per_generation)
    found = {
        "PRE script of a generation, per trial": cpu("-m", "sweep.node", "propose", root, following) / per_generation
    }
    found["POST script, without the server"] = script(study, trials)
    found["POST, first request of a server"] = first(study, trials)
    found["POST, each later request"] = following_posts(study, range(trials + 1, trials + 11), None)
    found["POST of a lane, each later request"] = lane_posts(study, trials, per_generation)
    found["sweep report"] = cpu("-m", "sweep", "report", "--format", "json")
    found["sweep status --watch, first update"], found["sweep status --watch, later update"] = updates(study, trials)
    return found


def script(study: Study, number: int) -> float:
    """Return the CPU seconds of a POST script whose reply comes after half a second."""
    write_text(study.paths.dag / "harvest", node_script("harvest", Path(sys.executable), Path()), mode=0o755)
    study.paths.posts.mkdir(parents=True, exist_ok=True)
    request = PostRequest(str(number), 0, 1)
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with locked(study.paths.serving_lock, wait=True):
        waiting = subprocess.Popen([study.paths.dag / "harvest", str(number), "0", "1"], stdout=subprocess.DEVNULL)
        time.sleep(0.5)
        write_reply(study.paths, request, PostReply(0, ""))
        assert waiting.wait() == 0
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def first(study: Study, number: int) -> float:
    """Return the CPU seconds of a server that starts, opens the storage, and answers one request."""
    study.paths.trial(number).metrics.write_text('{"step": 1, "score": 0.5}\n')
    (study.paths.posts / f"{number}.0.1").touch()
    return cpu("-S", "-c", SERVE_ONCE, str(study.paths.root))


def following_posts(study: Study, who: Iterable[int | str], trials: int | None) -> float:
    """Return the CPU seconds of answering one more request with the storage open: the median over `who`."""
    stored = StoredStudy.open(study, writing=True)
    stored.count()
    spent = []
    for cluster, name in enumerate(who, start=100):
        number = trial_of_lane(study.paths, name) if isinstance(name, str) else name
        study.paths.trial(number).job_log.write_text(JOB_LOG.replace("(1.0.0)", f"({cluster}.0.0)"))
        study.paths.trial(number).metrics.write_text('{"step": 1, "score": 0.5}\n')
        before = time.process_time()
        (reply,) = post_server.answer_requests(
            study.paths, lambda: stored, [PostRequest(str(name), 0, cluster)], trials
        ).values()
        spent.append(time.process_time() - before)
        assert reply.status in (0, TRY_AGAIN), reply
    stored.close()
    return statistics.median(spent)


def lane_posts(study: Study, trials: int, per_generation: int) -> float:
    """Return the CPU seconds of answering one more request of a lane, which gets its next trial."""
    study.paths.lanes.mkdir(parents=True)
    study.paths.submit.write_text("queue\n")
    # Other lanes run the trials of the generation that was proposed.
    for number in range(trials + 11, trials + per_generation):
        set_trial(study.paths, f"other-{number}", number)
    with locked(study.paths.storage_lock, wait=True):
        stored = StoredStudy.open(study, writing=True)
        assert assign_trials(stored, [LANE], 2 * trials + 2 * BATCH)
        stored.close()
    return following_posts(study, [LANE] * 10, 2 * trials + 2 * BATCH)


def updates(study: Study, trials: int) -> list[float]:
    """Return the CPU seconds of two updates of `sweep status --watch` while sixteen trials run, without the schedd's
    query."""
    reader = ProgressReader(study, 1)
    queue = [Job(number, JobStatus.RUNNING, False, number, "") for number in range(trials, trials + 16)]
    spent = []
    for _ in range(2):
        before = time.process_time()
        live_view(study, reader.progress(queue), datetime.now())
        spent.append(time.process_time() - before)
    return spent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--storage", default="sqlite")
    arguments = parser.parse_args()
    folder = arguments.folder.resolve()
    sizes = {100: 100, 1000: 100, 10_000: BATCH}
    tables: dict[int, dict[str, float]] = {}
    for trials, per_generation in sizes.items():
        study = make(folder / str(trials), trials, per_generation, arguments.storage)
        tables[trials] = measure(study, trials, per_generation)
        print(trials, tables[trials], file=sys.stderr)
    first = tables[next(iter(sizes))]
    text: Callable[[float], str] = "{:.3f}".format
    print("| CPU s, by number of trials | " + " | ".join(map(str, sizes)) + " | last over first |")
    print("|---|" + "---:|" * (len(sizes) + 1))
    for name in first:
        cells = [tables[trials][name] for trials in sizes]
        print(f"| {name} | {' | '.join(map(text, cells))} | {cells[-1] / cells[0]:.1f} |")


if __name__ == "__main__":
    main()
