"""The names of a study's and a trial's files, and of the workflow's nodes. Standard library only.

Other modules name only DAGMan's own files and temporary or backup copies of these.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

RUNS = Path("runs")
"""The folder of all studies, in the working directory."""


CURRENT = RUNS / "current"
"""A file with the name of the study that `sweep init` initialised last."""


HELPER = "sweep_trial.py"
"""The name of the shipped trainer's trial.py in jobs that run a user's own program."""


@dataclass(frozen=True)
class TrialPaths:
    """The files of one trial. HTCondor copies some to the job and copies the job's outputs back."""

    root: Path

    @property
    def spec(self) -> Path:
        """The parameters, the seed and the steps of the trial; the job reads it."""
        return self.root / "trial.json"

    @property
    def metrics(self) -> Path:
        """The metrics that the job reports, one line of JSON for each step."""
        return self.root / "metrics.jsonl"

    @property
    def checkpoint(self) -> Path:
        return self.root / "checkpoint"

    def outputs(self, *, checkpoints: bool) -> tuple[Path, ...]:
        """Return the files that a job sends back, and takes along when it runs again.

        `checkpoints` says whether the program saves checkpoints.
        """
        saved = [self.checkpoint, *(self.root / f"checkpoint.{kind}" for kind in ("previous", "sha256"))]
        return (self.metrics, *(saved if checkpoints else []), self.starts)

    @property
    def starts(self) -> Path:
        """The machine and software of each start of the program, one line of JSON for each."""
        return self.root / "starts.jsonl"

    @property
    def result(self) -> Path:
        """The trial's state and final values; the trial has ended when this file exists."""
        return self.root / "result.json"

    @property
    def endings(self) -> Path:
        """How the trial's earlier jobs ended, one line of JSON for each."""
        return self.root / "endings.jsonl"

    @property
    def retry_submit(self) -> Path:
        """Submit commands for the next attempt alone: which host to avoid, how much memory to request."""
        return self.root / "retry.sub"

    @property
    def own_submit(self) -> Path:
        """Submit commands of this trial alone.

        They hold resources that depend on its parameters, and the arguments and environment of the user's own program.
        """
        return self.root / "own.sub"

    @property
    def stdout(self) -> Path:
        return self.root / "out"

    @property
    def stderr(self) -> Path:
        return self.root / "err"

    def attempt_output(self, output: Path, attempt: int) -> Path:
        """Return where an output of an earlier attempt is kept: out.1 for the first attempt."""
        return output.with_name(f"{output.name}.{attempt}")

    def attempt_outputs(self, output: Path) -> list[Path]:
        """Return all that earlier attempts left of an output, oldest first: out.1, out.2, …"""
        copies = [file for file in self.root.glob(f"{output.name}.*") if re.fullmatch(r"[0-9]+", file.suffix[1:])]
        return sorted(copies, key=lambda file: int(file.suffix[1:]))

    @property
    def job_log(self) -> Path:
        """HTCondor's event log of the trial's jobs."""
        return self.root / "job.log"


@dataclass(frozen=True)
class StudyPaths:
    """The files of one study, in `runs/<study>/`."""

    root: Path

    @classmethod
    def named(cls, name: str) -> StudyPaths:
        """Return the absolute paths of the study `name` in the working directory."""
        return cls((RUNS / name).absolute())

    @property
    def config(self) -> Path:
        """A copy of the study file, as it was when `sweep init` or an update read it last."""
        return self.root / "study.toml"

    @property
    def site(self) -> Path:
        """A copy of the study's site file, if the study names a site."""
        return self.root / "site.toml"

    @property
    def provenance(self) -> Path:
        """`sweep init` writes it last: a study without it is not initialised."""
        return self.root / "provenance.json"

    @property
    def database(self) -> Path:
        """The Optuna storage, if it is SQLite."""
        return self.root / "study.db"

    @property
    def journal(self) -> Path:
        """The Optuna storage, if it is a journal."""
        return self.root / "study.journal"

    @property
    def storage_lock(self) -> Path:
        """The lock of the process that has the Optuna storage open for writing."""
        return self.root / "storage.lock"

    @property
    def serving_lock(self) -> Path:
        """The lock of the process that answers POST scripts."""
        return self.root / "serving.lock"

    @property
    def launch_lock(self) -> Path:
        return self.root / "launch.lock"

    @property
    def trainer(self) -> Path:
        """A copy of the trainer, taken by `sweep init` so that all trials of a study run the same code."""
        return self.root / "trainer"

    @property
    def inputs(self) -> Path:
        """A copy of the user's own program and its input files, taken by `sweep init`."""
        return self.root / "inputs"

    @property
    def enqueued(self) -> Path:
        """The configurations that `sweep enqueue` queued, one line of JSON for each."""
        return self.root / "enqueued.jsonl"

    @property
    def data_sha256(self) -> Path:
        """The SHA-256 that trials report of their data, with their numbers, if nothing else says what it must be."""
        return self.root / "data.sha256"

    @property
    def pending(self) -> Path:
        """One empty file for each trial whose result may not be in the storage yet."""
        return self.root / "pending"

    @property
    def spooled(self) -> Path:
        """Checkpoints of jobs that are being removed, in one folder TRIAL.CLUSTER for each job."""
        return self.root / "spooled"

    @property
    def tried(self) -> TrialPaths:
        """The files of the trial that `sweep try` ran last."""
        return TrialPaths(self.root / "try")

    @property
    def tried_record(self) -> Path:
        """The time, memory and disk that `sweep try` measured."""
        return self.tried.root / "tried.json"

    @property
    def dry_run(self) -> Path:
        """The files that `sweep launch --dry-run` writes for people to read."""
        return self.root / "dry-run"

    @property
    def try_lock(self) -> Path:
        return self.root / "try.lock"

    @property
    def sync_lock(self) -> Path:
        return self.root / "sync.lock"

    @property
    def tensorboard(self) -> Path:
        """TensorBoard's event files, one folder for each trial. Run: tensorboard --logdir DIRECTORY"""
        return self.root / "tensorboard"

    @property
    def wandb_sent(self) -> Path:
        """The numbers of the trials uploaded to Weights & Biases, by project."""
        return self.root / "wandb.json"

    @property
    def container(self) -> Path:
        """The definitions of a container image that `sweep container` writes."""
        return self.root / "container"

    @property
    def dag(self) -> Path:
        return self.root / "dag"

    @property
    def dagman_config(self) -> Path:
        return self.dag / "dagman.config"

    @property
    def outer_dag(self) -> Path:
        """The DAG that `sweep launch` submits: of all generations, or of all lanes."""
        return self.dag / "study.dag"

    @property
    def submit(self) -> Path:
        """The submit description that the jobs of all trials share."""
        return self.dag / "trial.sub"

    def generation_dag(self, generation: int) -> Path:
        return self.dag / f"{generation_name(generation)}.dag"

    @property
    def lanes(self) -> Path:
        """The folder with two files for each lane: the number of its trial and its submit description."""
        return self.dag / "lanes"

    def lane_trial(self, lane: str) -> Path:
        """Return the file with the number of the trial that was assigned to a lane last."""
        return self.lanes / f"{lane}.trial"

    def lane_submit(self, lane: str) -> Path:
        """Return the submit description of a lane's trial."""
        return self.lanes / f"{lane}.sub"

    @property
    def posts(self) -> Path:
        """The requests of POST scripts and the replies: see sweep/nodes/post_requests.py."""
        return self.dag / "posts"

    @property
    def serve_log(self) -> Path:
        """What the latest process that answers POST scripts has printed."""
        return self.dag / "serve.log"

    @property
    def stopped(self) -> Path:
        """Why the sweep stopped early, if it did."""
        return self.dag / "stopped.txt"

    @property
    def endings(self) -> Path:
        """The trials that have ended since the launch, in order: a line with number and state for each."""
        return self.dag / "endings.txt"

    @property
    def launch_failed(self) -> Path:
        """Why the last launch died, if it did of an error that nobody foresaw."""
        return self.root / "launch-failed.txt"

    @property
    def ended(self) -> Path:
        """Why the study ended before it had all of its trials, if it did."""
        return self.dag / "ended.txt"

    @property
    def planned(self) -> Path:
        """The number of generations of the last launch."""
        return self.dag / "generations.txt"

    @property
    def waiting(self) -> Path:
        """What ./propose or ./harvest is waiting for, if it is."""
        return self.dag / "waiting.txt"

    @property
    def propose_log(self) -> Path:
        return self.dag / "propose.log"

    @property
    def harvest_log(self) -> Path:
        return self.dag / "harvest.log"

    @property
    def trials(self) -> Path:
        return self.root / "trials"

    def trial(self, number: int) -> TrialPaths:
        return TrialPaths(self.trials / f"{number:05d}")

    def trial_numbers(self) -> list[int]:
        """Return the numbers of the trials that have a folder, in order."""
        if not self.trials.is_dir():
            return []
        return sorted(int(folder.name) for folder in self.trials.iterdir() if re.fullmatch(r"[0-9]+", folder.name))

    def ended_trials(self) -> list[int]:
        """Return the numbers of the trials that have a result.json, in order."""
        return [number for number in self.trial_numbers() if self.trial(number).result.exists()]


def generation_name(generation: int) -> str:
    """Return the name of a generation's node in the outer DAG; its DAG file has the same name."""
    return f"generation-{generation:04d}"


def lane_name(number: int) -> str:
    """Return the name of a lane and of its node."""
    return f"lane-{number:04d}"


def node_name(number: int) -> str:
    """Return the name of a trial's node. `trial_number` is the inverse."""
    return f"trial-{number:05d}"


def trial_number(node: str) -> int:
    """Return the number of the trial of a node. Raises ValueError if `node` is not a name from `node_name`."""
    prefix, _, digits = node.partition("-")
    if prefix != "trial" or not (digits.isascii() and digits.isdigit()) or node_name(int(digits)) != node:
        raise ValueError(f"not the node of a trial: {node!r}")
    return int(digits)
