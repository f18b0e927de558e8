"""The one module that knows where the files of a study and of a trial lie. Standard library only."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

RUNS = Path("runs")
"""Folder of all studies, below the folder where `sweep` is typed."""


CURRENT = RUNS / "current"
"""Holds the name of the study that `sweep init` saw last."""


HELPER = "sweep_trial.py"
"""Name under which the shipped trainer's trial.py travels along with a user's own program."""


@dataclass(frozen=True)
class TrialPaths:
    """Files of one trial; the job starts in a copy of some of them and sends its outputs back."""

    root: Path

    @property
    def spec(self) -> Path:
        return self.root / "trial.json"

    @property
    def metrics(self) -> Path:
        return self.root / "metrics.jsonl"

    @property
    def checkpoint(self) -> Path:
        return self.root / "checkpoint"

    def outputs(self, *, checkpoints: bool) -> tuple[Path, ...]:
        """What a job sends back, and takes along when it starts again; of a program with `checkpoints` or without."""
        saved = [self.checkpoint, *(self.root / f"checkpoint.{kind}" for kind in ("previous", "sha256"))]
        return (self.metrics, *(saved if checkpoints else []), self.starts)

    @property
    def starts(self) -> Path:
        """Where, and with which software, the program started, a line of JSON each time."""
        return self.root / "starts.jsonl"

    @property
    def result(self) -> Path:
        return self.root / "result.json"

    @property
    def endings(self) -> Path:
        """Failures that were tried again, a line of JSON each."""
        return self.root / "endings.jsonl"

    @property
    def retry_submit(self) -> Path:
        """Submit commands of the next try alone: which host to avoid, how much more to ask for."""
        return self.root / "retry.sub"

    @property
    def own_submit(self) -> Path:
        """Submit commands of this trial alone: what it asks for by its parameters; arguments and environment of the
        user's own program."""
        return self.root / "own.sub"

    @property
    def stdout(self) -> Path:
        return self.root / "out"

    @property
    def stderr(self) -> Path:
        return self.root / "err"

    def earlier(self, output: Path) -> list[Path]:
        """What earlier tries of the trial left of an output, in order: out.1, out.2, …"""
        kept = [file for file in self.root.glob(f"{output.name}.*") if file.suffix[1:].isdigit()]
        return sorted(kept, key=lambda file: int(file.suffix[1:]))

    @property
    def job_log(self) -> Path:
        return self.root / "job.log"


@dataclass(frozen=True)
class StudyPaths:
    """Files of one study, below `runs/<study>/`."""

    root: Path

    @classmethod
    def named(cls, name: str) -> StudyPaths:
        return cls((RUNS / name).absolute())

    @property
    def config(self) -> Path:
        """The study file, byte for byte as it was when the study was initialised."""
        return self.root / "study.toml"

    @property
    def site(self) -> Path:
        """The file of its site, likewise, where it names one."""
        return self.root / "site.toml"

    @property
    def provenance(self) -> Path:
        """Written last by `sweep init`: a study without it is not initialised."""
        return self.root / "provenance.json"

    @property
    def database(self) -> Path:
        return self.root / "study.db"

    @property
    def journal(self) -> Path:
        return self.root / "study.journal"

    @property
    def storage_lock(self) -> Path:
        """Held by whoever has the Optuna storage open for writing."""
        return self.root / "storage.lock"

    @property
    def serving_lock(self) -> Path:
        """Held by the process that answers POST scripts."""
        return self.root / "serving.lock"

    @property
    def launch_lock(self) -> Path:
        return self.root / "launch.lock"

    @property
    def trainer(self) -> Path:
        """The trainer as it was at `sweep init`, so that all trials of a study run the same code."""
        return self.root / "trainer"

    @property
    def inputs(self) -> Path:
        """The user's own program and what it needs, likewise."""
        return self.root / "inputs"

    @property
    def enqueued(self) -> Path:
        """Configurations that `sweep enqueue` wants tried, a line of JSON each."""
        return self.root / "enqueued.jsonl"

    @property
    def data_sha256(self) -> Path:
        """Digest of the data that the first trial had, where data is one file and the study file does not say."""
        return self.root / "data.sha256"

    @property
    def pending(self) -> Path:
        """One empty file for each trial whose result is not yet known to be in the storage."""
        return self.root / "pending"

    @property
    def spooled(self) -> Path:
        """What jobs that are being removed had handed over, in a folder TRIAL.CLUSTER each."""
        return self.root / "spooled"

    @property
    def tried(self) -> TrialPaths:
        """The trial that `sweep try` ran last."""
        return TrialPaths(self.root / "try")

    @property
    def tried_record(self) -> Path:
        """What that trial took."""
        return self.tried.root / "tried.json"

    @property
    def dry_run(self) -> Path:
        """The files that `sweep launch --dry-run` writes for reading."""
        return self.root / "dry-run"

    @property
    def sync_lock(self) -> Path:
        return self.root / "sync.lock"

    @property
    def tensorboard(self) -> Path:
        """TensorBoard's event files, a folder for each trial: what `tensorboard --logdir` is given."""
        return self.root / "tensorboard"

    @property
    def wandb_sent(self) -> Path:
        """Numbers of the trials that Weights & Biases has, by project."""
        return self.root / "wandb.json"

    @property
    def container(self) -> Path:
        """Definitions of a container image for the study."""
        return self.root / "container"

    @property
    def dag(self) -> Path:
        return self.root / "dag"

    @property
    def outer_dag(self) -> Path:
        return self.dag / "study.dag"

    @property
    def submit(self) -> Path:
        return self.dag / "trial.sub"

    def generation_dag(self, generation: int) -> Path:
        return self.dag / f"{generation_name(generation)}.dag"

    @property
    def lanes(self) -> Path:
        """What lanes have, by their names."""
        return self.dag / "lanes"

    def lane_trial(self, lane: str) -> Path:
        """Holds the number of the trial that a lane was given last."""
        return self.lanes / f"{lane}.trial"

    def lane_submit(self, lane: str) -> Path:
        return self.lanes / f"{lane}.sub"

    @property
    def posts(self) -> Path:
        """What POST scripts ask, and the answers: see sweep/posts.py."""
        return self.dag / "posts"

    @property
    def stopped(self) -> Path:
        """Why the sweep stopped itself, if it did."""
        return self.dag / "stopped.txt"

    @property
    def ended(self) -> Path:
        """Why no more trials are asked for, where the study ended before it had all."""
        return self.dag / "ended.txt"

    @property
    def planned(self) -> Path:
        """Number of generations of the last launch."""
        return self.dag / "generations.txt"

    @property
    def waiting(self) -> Path:
        """What ./propose and ./harvest wait for, while they do."""
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
        """Numbers of the trials that have a folder, in order."""
        if not self.trials.is_dir():
            return []
        return sorted(int(folder.name) for folder in self.trials.iterdir() if folder.name.isdigit())

    def ended_trials(self) -> list[int]:
        """Numbers of the trials that have a result, in order."""
        return [number for number in self.trial_numbers() if self.trial(number).result.exists()]


def generation_name(generation: int) -> str:
    """Name of a generation's node in the outer DAG, and of its DAG file."""
    return f"generation-{generation:04d}"


def lane_name(number: int) -> str:
    """Name of a lane, and of its node."""
    return f"lane-{number:04d}"


def node_name(number: int) -> str:
    """Name of a trial's node; `trial_number` is its inverse."""
    return f"trial-{number:05d}"


def trial_number(node: str) -> int:
    """Number of the trial that a node name stands for.

    Raises ValueError when `node` is not a name that `node_name` makes.
    """
    prefix, _, digits = node.partition("-")
    if prefix != "trial" or not (digits.isascii() and digits.isdigit()) or node_name(int(digits)) != node:
        raise ValueError(f"not the node of a trial: {node!r}")
    return int(digits)
