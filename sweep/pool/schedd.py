"""The one module that talks to HTCondor. Which pool it talks to is decided once, by `connect`."""

from __future__ import annotations

import contextlib
import getpass
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any

from sweep.errors import PoolError
from sweep.pool.bindings import htcondor_errors, load_bindings
from sweep.pool.classads import Ad, parse_ad

STUDY_ATTRIBUTE = "SweepStudy"
"""Job attribute that bears a study's id, on the outer DAGMan job and on every trial's job."""


SCHEDULER_UNIVERSE = 7


class JobStatus(IntEnum):
    """`JobStatus` of a job ad. What is BLOCKED waits for another job to fetch the inputs that they share."""

    IDLE = 1
    RUNNING = 2
    REMOVED = 3
    COMPLETED = 4
    HELD = 5
    TRANSFERRING_OUTPUT = 6
    SUSPENDED = 7
    FAILED = 8
    BLOCKED = 9


@dataclass(frozen=True)
class Job:
    """What sweep reads of a job ad in the queue. `trial` is None for DAGMan jobs; `is_outer` tells the one that
    `sweep launch` submitted."""

    cluster: int
    status: JobStatus
    is_outer: bool
    trial: int | None
    hold_reason: str


def schedd_answers() -> bool:
    """Whether the schedd answers."""
    try:
        htcondor = load_bindings()
        htcondor.reload_config()
        htcondor.Schedd().query(constraint="false")
    except htcondor_errors():
        return False
    return True


def shares_inputs() -> bool:
    """Whether the access point has inputs that jobs share sent to each machine once: 25.14 was seen to, an older one
    might not send them at all."""
    failures: tuple[type[Exception], ...] = (*htcondor_errors(), KeyError, IndexError)
    try:
        lines = Path(load_bindings().param["SCHEDD_ADDRESS_FILE"]).read_text().splitlines()
        found = re.search(r"CondorVersion: (\d+)\.(\d+)\.", lines[1])
    except failures:
        return False
    return found is not None and (int(found[1]), int(found[2])) >= (25, 14)


def list_slots() -> list[dict[str, Any]]:
    """Name, state, cores and memory (MB) of each slot of a personal pool; empty while the collector knows none."""
    htcondor = load_bindings()
    wanted = ["Name", "State", "TotalSlotCpus", "TotalSlotMemory"]
    try:
        return [dict(ad) for ad in htcondor.Collector().query(htcondor.AdType.Startd, projection=wanted)]
    except htcondor_errors():
        return []


def slot_ads(constraint: str) -> list[Any]:
    """The whole ads of those of the pool's slots that a constraint holds for. Raises PoolError when it does not say."""
    htcondor = load_bindings()
    try:
        return list(htcondor.Collector().query(htcondor.AdType.Startd, constraint=constraint))
    except htcondor_errors() as error:
        raise PoolError(f"the collector does not answer: {error}", "Type `sweep pool status`.") from error


def htcondor_versions() -> tuple[str, str]:
    """Of HTCondor's schedd, '' where it does not say, and of the bindings: like 25.14.1."""
    htcondor = load_bindings()
    try:
        schedd = htcondor.Collector().locate(htcondor.DaemonType.Schedd)
    except htcondor_errors():
        schedd = None
    texts = (str(schedd.get("CondorVersion", "")) if schedd else "", htcondor.version())
    found = [re.search(r"\d+\.\d+\.\d+", text) for text in texts]
    return found[0][0] if found[0] else "", found[1][0] if found[1] else ""


def scan_interval() -> int:
    """Seconds from one look of DAGMan's at its jobs' log to the next."""
    return int(load_bindings().param.get("DAGMAN_USER_LOG_SCAN_INTERVAL", 5))


def try_submission(description: str, folder: Path) -> None:
    """Have the schedd take a job of this description, which counts from the folder, on hold, and remove it.

    Raises PoolError when it does not.
    """
    htcondor = load_bindings()
    try:
        with contextlib.chdir(folder):
            submit = htcondor.Submit(description)
            # The last, should this process die meanwhile. Nobody is to take the job for the study's, or wait for it.
            submit.update({"hold": "true", "periodic_remove": "true", "log": "", f"My.{STUDY_ATTRIBUTE}": ""})
            cluster = htcondor.Schedd().submit(submit).cluster()
        htcondor.Schedd().act(htcondor.JobAction.Remove, [f"{cluster}.0"], "sweep doctor's test")
    except htcondor_errors() as error:
        raise PoolError(f"the schedd takes no such job: {error}", "Type `sweep pool status`.") from error


def submit_dag(dag: Path, batch_name: str) -> int:
    """Submit a DAG file from its own folder and give back the cluster of its DAGMan job.

    Rescue files of an earlier run are set aside: which nodes are done, sweep writes into the DAG itself.
    Raises PoolError when HTCondor refuses.
    """
    if shutil.which("condor_dagman") is None:
        raise PoolError("condor_dagman is not on PATH", "Is this an access point? Type `sweep pool status`.")
    htcondor = load_bindings()
    try:
        with contextlib.chdir(dag.parent):
            description = htcondor.Submit.from_dag(dag.name, {"force": True, "batch-name": batch_name})
            return int(htcondor.Schedd().submit(description).cluster())
    except htcondor_errors() as error:
        raise PoolError(f"HTCondor refused {dag.name}: {error}", f"Look at {dag.parent}.") from error


def queued_jobs(study_id: str) -> list[Job]:
    """A study's jobs that are in the queue. Raises PoolError when the schedd does not answer."""
    try:
        ads = (
            load_bindings()
            .Schedd()
            .query(
                # What HTCondor itself adds for inputs that jobs share has a negative ProcId.
                constraint=f'{STUDY_ATTRIBUTE} == "{study_id}" && ProcId >= 0',
                projection=["ClusterId", "JobStatus", "JobUniverse", "SweepTrial", "HoldReason", "DAGManJobId"],
            )
        )
    except htcondor_errors() as error:
        raise PoolError(f"the schedd does not answer: {error}", "Type `sweep pool status`.") from error
    return [
        Job(
            cluster=ad["ClusterId"],
            status=JobStatus(ad["JobStatus"]),
            is_outer=ad["JobUniverse"] == SCHEDULER_UNIVERSE and "DAGManJobId" not in ad,
            trial=ad.get("SweepTrial"),
            hold_reason=ad.get("HoldReason", ""),
        )
        for ad in ads
    ]


def remove_jobs(study_id: str) -> None:
    """Remove all of a study's jobs, its DAGMan first. Raises PoolError when the schedd does not."""
    htcondor = load_bindings()
    try:
        htcondor.Schedd().act(htcondor.JobAction.Remove, f'{STUDY_ATTRIBUTE} == "{study_id}"')
    except htcondor_errors() as error:
        raise PoolError(f"the schedd removes no jobs: {error}", "Type `sweep pool status`.") from error


def remove_with_outputs(study_id: str) -> bool:
    """Remove a study's trials after SIGTERM and the transfer of their outputs; its DAGMan ends when they are gone.

    False where HTCondor cannot (before 25.8): the bindings have no such action, only the command has.
    """
    constraint = f'{STUDY_ATTRIBUTE} == "{study_id}" && JobUniverse != {SCHEDULER_UNIVERSE}'
    done = subprocess.run(
        ["condor_rm", "-transfer", "-constraint", constraint], capture_output=True, text=True, check=False
    )
    return done.returncode == 0


def copy_evicted_files(cluster: int, into: Path) -> Path | None:
    """Copy the files that the schedd keeps for a job; gives the folder below `into` that has them, None for none."""
    command = ["condor_evicted_files", "get", f"{cluster}.0"]
    done = subprocess.run(command, cwd=into, capture_output=True, text=True, check=False)
    return next(into.iterdir(), None) if done.returncode == 0 else None


def outer_dagman(queue: Sequence[Job]) -> Job | None:
    """The study's outer DAGMan job among its jobs, if it is in the queue."""
    return next((job for job in queue if job.is_outer), None)


TAIL_BYTES = 1 << 20
"""How much of a running job's output is fetched from where it runs."""


def tail_output(cluster: int) -> tuple[str, str]:
    """What a running job has printed so far, fetched from where it runs; '' where the pool does not give it."""
    texts = []
    for stream in ([], ["-stderr"]):
        command = ["condor_tail", *stream, "-maxbytes", str(TAIL_BYTES), str(cluster)]
        try:
            done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=30, errors="replace")
        except (OSError, subprocess.TimeoutExpired):
            return "", ""
        texts.append(done.stdout if done.returncode == 0 else "")
    return texts[0], texts[1]


def dry_run_submit(file: Path) -> tuple[Ad, list[str]]:
    """What condor_submit makes of a submit description, without submitting it: the job's ad, and warnings.

    Raises PoolError with what it says, when it does not take it.
    """
    ad = file.with_suffix(".ad")
    done = subprocess.run(
        ["condor_submit", "-dry-run", ad.name, file.name], cwd=file.parent, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise PoolError(
            f"condor_submit does not take the jobs' submit description: {' '.join(done.stderr.split())}",
            "Look at [job]. `sweep launch --dry-run` writes it for reading.",
        )
    job = parse_ad(ad.read_text())
    # The schedd says whose it is; slots may ask.
    job["Owner"] = getpass.getuser()
    return job, [line.strip() for line in done.stderr.splitlines() if line.startswith("WARNING")]
