"""Runs sweeps under faults. Is a trial lost, counted twice, or changed? How much work is done twice?

    python -m benchmarks.chaos FOLDER [--seeds 10] [--trials 200] [--lanes 16]
    python -m benchmarks.chaos FOLDER --hostile [--seeds 3] [--trials 200] [--lanes 16]

For each seed it runs a study without HTCondor and without faults, and then the same study on a personal pool of its
own, with a fault every few seconds. If DAGMan is gone, it launches the sweep again, as a user would. A seed ends when
all trials have ended, or at a deadline. With `--lanes` it uses the random sampler, whose proposals do not depend on
which trial ends first.

With `--hostile`, a fifth of the trials misbehave instead: see `chaos_hostile.py`.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from benchmarks import chaos_hostile
from benchmarks.chaos_faults import faults, start_pool
from sweep.control.initialise import initialise
from sweep.control.launch import launch_sweep
from sweep.errors import SweepError
from sweep.nodes import post_server, propose
from sweep.pool import personal
from sweep.pool.connect import connect
from sweep.results.leaderboard import report_json
from sweep.results.report import collect_report
from sweep.study.study import Study

PER_GENERATION, STEPS, INTERVAL = 40, 12, 4
PACE = 0.25
"""Seconds of a step."""
BETWEEN_FAULTS = 3.0
"""Mean seconds from the end of one fault to the next."""
DEADLINE = 1800
"""Seconds for a seed."""

STUDY = """
[study]
name = "chaos"
metric = "val_loss"
direction = "minimize"
seed = {seed}
trials_per_generation = {per_generation}
[sampler]
name = "{sampler}"
[search]
lr = {{ type = "float", low = 1e-5, high = 1e-1, log = true }}
width = {{ type = "int", low = 8, high = 64, step = 8 }}
[trainer]
epochs = {steps}
data = "photos"
[job]
request_memory = "64 MB"
request_disk = "10 MB"
[limits]
retries = 50
failures_in_a_row = 50
"""


@dataclass
class Outcome:
    """The counts for one seed. `lost` trials are not COMPLETE; `twice` counts trials with the key of another one."""

    seed: int
    proposed: int
    complete: int = 0
    lost: int = 0
    twice: int = 0
    differing: int = 0
    steps_again: int = 0
    interruptions: int = 0
    launches: int = 0
    minutes: float = 0.0
    faults: Counter[str] = field(default_factory=Counter)

    def row(self) -> str:
        """Return the outcome as a row of the table."""
        lost, bound = self.steps_again * PACE, self.interruptions * INTERVAL * PACE
        cells: list[object] = [
            self.seed,
            self.proposed,
            self.complete,
            self.lost,
            self.twice,
            self.differing,
            self.faults.total(),
        ]
        cells += [self.launches, self.interruptions, f"{lost:.1f}", f"{bound:.1f}", f"{self.minutes:.1f}"]
        return "| " + " | ".join(map(str, cells)) + " |"


HEAD = (
    "| seed | proposed | COMPLETE | lost | twice | differing | faults | launches | interruptions "
    "| work lost, s | bound, s | minutes |\n|" + "---:|" * 12
)


def make(folder: Path, seed: int, pace: float, sampler: str) -> Study:
    """Initialise the study of a seed in a new folder."""
    (folder / "photos").mkdir(parents=True)
    os.chdir(folder)
    text = STUDY.format(seed=seed, per_generation=PER_GENERATION, steps=STEPS, sampler=sampler)
    Path("study.toml").write_text(text)
    study, _ = initialise(Path("study.toml"), lambda _: None)
    shutil.copy(Path(__file__).with_name("chaos_trainer.py"), study.paths.trainer / "__main__.py")
    settings = {"work": str(folder / "work"), "pace": pace, "interval": INTERVAL}
    (study.paths.trainer / "chaos.json").write_text(json.dumps(settings))
    return study


def undisturbed(study: Study, generations: int) -> dict[str, Any]:
    """Run the study without a pool, one trial after another; return its trials."""
    post_server.LINGER_SECONDS = 0.0  # only one request comes at a time
    study.paths.posts.mkdir(parents=True)
    for generation in range(generations):
        for trial in propose.propose(study, generation):
            files = study.paths.trial(trial.number)
            command = [sys.executable, str(study.paths.trainer / "__main__.py")]
            while subprocess.run(command, cwd=files.root, check=False).returncode == 85:
                pass
            (study.paths.posts / f"{trial.number}.0.0").touch()
            post_server.serve(study.paths)
    return trials(study)


def trials(study: Study) -> dict[str, Any]:
    """Return what must not depend on faults, by the key of each trial: state, parameters and values."""
    found = json.loads(report_json(collect_report(study)))["trials"]
    return {f"{t['generation']}/{t['index']} as {t['number']}": (t["state"], t["params"], t["values"]) for t in found}


def disturbed(study: Study, generations: int, lanes: int | None, outcome: Outcome) -> None:
    """Run the study on the pool, with faults, until it is finished or the deadline has passed."""
    chance = random.Random(outcome.seed)
    causes = faults(study, chance)
    began = time.monotonic()
    while time.monotonic() - began < DEADLINE:
        try:
            launched = launch_sweep(study, generations, lanes)
        except SweepError as error:  # the pool starts, or jobs leave the queue
            print(f"launch: {error}", file=sys.stderr)
            time.sleep(1)
            continue
        if launched.cluster is None:
            return
        outcome.launches += not launched.was_running
        time.sleep(chance.expovariate(1 / BETWEEN_FAULTS))
        name = chance.choices(list(causes), [weight for weight, _ in causes.values()])[0]
        with contextlib.suppress(SweepError):
            if causes[name][1]():
                outcome.faults[name] += 1


def judge(study: Study, wanted: dict[str, Any], outcome: Outcome) -> None:
    """Count the differences between a study with faults and `wanted`, the trials of the study without."""
    found = trials(study)
    rows = json.loads(report_json(collect_report(study)))["trials"]
    keys = Counter((row["generation"], row["index"]) for row in rows)
    outcome.complete = sum(row["state"] == "COMPLETE" for row in rows)
    outcome.lost = sum(found.get(key, ("none",))[0] != "COMPLETE" for key in wanted)
    outcome.twice = sum(count - 1 for count in keys.values()) + len(found.keys() - wanted.keys())
    outcome.differing = sum(found.get(key) != value for key, value in wanted.items())
    outcome.steps_again = len(Path("work").read_text().splitlines()) - STEPS * len(wanted)
    outcome.interruptions = sum(row["attempts"] - 1 for row in rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--first", type=int, default=0, help="first seed")
    parser.add_argument("--trials", type=int, default=200)
    parser.add_argument("--lanes", type=int)
    parser.add_argument("--hostile", action="store_true", help="let a fifth of the trials misbehave")
    options = parser.parse_args()
    folder = options.folder.absolute()
    os.environ["XDG_STATE_HOME"] = str(folder / "state")
    os.environ.pop("CONDOR_CONFIG", None)
    start_pool()
    connect()
    try:
        seeds = range(options.first, options.first + options.seeds)
        if options.hostile:
            hostile_campaign(folder, seeds, options.trials, options.lanes)
        else:
            campaign(folder, seeds, options.trials // PER_GENERATION, options.lanes)
    finally:
        personal.stop_pool()


def campaign(folder: Path, seeds: Iterable[int], generations: int, lanes: int | None) -> None:
    """Run a study for each seed without and with faults, and print a table."""
    sampler, total = "random" if lanes else "tpe", Counter[str]()
    print(HEAD, flush=True)
    for seed in seeds:
        outcome = Outcome(seed, proposed=generations * PER_GENERATION)
        wanted = undisturbed(make(folder / f"{seed}-undisturbed", seed, 0.0, sampler), generations)
        study = make(folder / f"{seed}-disturbed", seed, PACE, sampler)
        began = time.monotonic()
        disturbed(study, generations, lanes, outcome)
        outcome.minutes = (time.monotonic() - began) / 60
        judge(study, wanted, outcome)
        total += outcome.faults
        print(outcome.row(), flush=True)
    print("\nfaults: " + ", ".join(f"{name} {count}" for name, count in total.most_common()))


def hostile_campaign(folder: Path, seeds: Iterable[int], trials: int, lanes: int | None) -> None:
    """Run a study with hostile trials for each seed, and print a table. Exits with 1 if anything went wrong."""
    print(chaos_hostile.HEAD, flush=True)
    wrong = 0
    for seed in seeds:
        row, found = chaos_hostile.run_hostile(folder / f"{seed}-{lanes or 'generations'}", seed, trials, lanes)
        wrong += found
        print(row, flush=True)
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
