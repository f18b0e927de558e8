"""Queries, submits and removes jobs, and reads slots, of the pool that `sweep.pool.connect` has chosen."""

from __future__ import annotations

import contextlib
import getpass
import math
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
"""The job attribute with the study's id, in the outer DAGMan job and in every trial's job."""


STEP_ATTRIBUTE, VALUE_ATTRIBUTES = "ChirpSweepStep", [f"ChirpSweepValue{index}" for index in range(10)]
"""The job attributes with the latest report of a running trial: its step, and its objectives in their order."""


MOST_STEPS = 2**31
"""Steps that a trial can report are below this number."""


PROJECTION = ["ClusterId", "JobStatus", "JobUniverse", "SweepTrial", "HoldReason", "DAGManJobId", "Iwd"]
"""The other attributes of a `Job`."""


SCHEDULER_UNIVERSE = 7
"""The `JobUniverse` of DAGMan jobs."""


class JobStatus(IntEnum):
    """The `JobStatus` of a job ad. A BLOCKED job waits until another job has fetched the inputs that they share."""

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
    """A job in the queue: the part of its ad that sweep uses.

    `trial` is the trial's number, None for DAGMan jobs. `is_outer` is true for the DAGMan job that `sweep launch`
    submitted. `folder` is where it was submitted. `live_step` and `live_values` are what the running program reported
    last: see `LiveReport` in trainer/trial.py.
    """

    cluster: int
    status: JobStatus
    is_outer: bool
    trial: int | None
    hold_reason: str
    folder: str = ""
    live_step: int = 0
    live_values: tuple[float, ...] = ()


def schedd_answers() -> bool:
    """Return whether the schedd answers."""
    try:
        htcondor = load_bindings()
        htcondor.reload_config()
        htcondor.Schedd().query(constraint="false")
    except htcondor_errors():
        return False
    return True


def shares_inputs() -> bool:
    """Return whether the schedd sends inputs that jobs share to each machine once.

    HTCondor 25.14 was tested. An older schedd might not send them at all.
    """
    failures: tuple[type[Exception], ...] = (*htcondor_errors(), KeyError, IndexError)
    try:
        lines = Path(load_bindings().param["SCHEDD_ADDRESS_FILE"]).read_text().splitlines()
        found = re.search(r"CondorVersion: (\d+)\.(\d+)\.", lines[1])
    except failures:
        return False
    return found is not None and (int(found[1]), int(found[2])) >= (25, 14)


def list_slots() -> list[dict[str, Any]]:
    """Return the name, state, cores and memory (MB) of each slot; empty if the collector does not answer."""
    htcondor = load_bindings()
    wanted = ["Name", "State", "TotalSlotCpus", "TotalSlotMemory"]
    try:
        return [dict(ad) for ad in htcondor.Collector().query(htcondor.AdType.Startd, projection=wanted)]
    except htcondor_errors():
        return []


def slot_ads(constraint: str) -> list[Any]:
    """Return the ads of the slots that match a constraint. Raises PoolError if the collector does not answer."""
    htcondor = load_bindings()
    try:
        return list(htcondor.Collector().query(htcondor.AdType.Startd, constraint=constraint))
    except htcondor_errors() as error:
        raise PoolError(f"the collector does not answer: {error}", "Run: sweep pool status") from error


def htcondor_versions() -> tuple[str, str]:
    """Return the versions of the schedd and of the bindings, like 25.14.1; '' if the schedd's is unknown."""
    htcondor = load_bindings()
    try:
        schedd = htcondor.Collector().locate(htcondor.DaemonType.Schedd)
    except htcondor_errors():
        schedd = None
    texts = (str(schedd.get("CondorVersion", "")) if schedd else "", htcondor.version())
    found = [re.search(r"\d+\.\d+\.\d+", text) for text in texts]
    return found[0][0] if found[0] else "", found[1][0] if found[1] else ""


def scan_interval() -> int:
    """Return the seconds between two scans of its jobs' log by DAGMan (DAGMAN_USER_LOG_SCAN_INTERVAL)."""
    return int(load_bindings().param.get("DAGMAN_USER_LOG_SCAN_INTERVAL", 5))


def try_submission(description: str, folder: Path) -> None:
    """Submit a job on hold and remove it at once. Paths in the submit description are relative to `folder`.

    Raises PoolError if the schedd refuses the job.
    """
    htcondor = load_bindings()
    try:
        with contextlib.chdir(folder):
            submit = htcondor.Submit(description)
            # periodic_remove removes the job if this process dies. Without log and study id, nothing else notices it.
            submit.update({"hold": "true", "periodic_remove": "true", "log": "", f"My.{STUDY_ATTRIBUTE}": ""})
            cluster = htcondor.Schedd().submit(submit).cluster()
        htcondor.Schedd().act(htcondor.JobAction.Remove, [f"{cluster}.0"], "sweep doctor's test")
    except htcondor_errors() as error:
        raise PoolError(f"the schedd refused a test job: {error}", "Run: sweep pool status") from error


def submit_dag(dag: Path, batch_name: str) -> int:
    """Submit a DAG file from its own folder, and return the ClusterId of its DAGMan job.

    DAGMan sets aside the rescue files of an earlier run: sweep itself writes into the DAG which nodes are done.
    Raises PoolError if HTCondor refuses the DAG.
    """
    if shutil.which("condor_dagman") is None:
        raise PoolError("condor_dagman is not on PATH", "Log in to an access point, or run: sweep pool status")
    htcondor = load_bindings()
    try:
        with contextlib.chdir(dag.parent):
            description = htcondor.Submit.from_dag(dag.name, {"force": True, "batch-name": batch_name})
            return int(htcondor.Schedd().submit(description).cluster())
    except htcondor_errors() as error:
        raise PoolError(f"HTCondor refused {dag}: {error}", "To check this machine, run: sweep doctor") from error


def queued_jobs(study_id: str) -> list[Job]:
    """Return a study's jobs in the queue. Raises PoolError if the schedd does not answer."""
    try:
        ads = (
            load_bindings()
            .Schedd()
            .query(
                # HTCondor's own jobs, which fetch inputs that jobs share, have a negative ProcId.
                constraint=f'{STUDY_ATTRIBUTE} == "{study_id}" && ProcId >= 0',
                projection=[*PROJECTION, STEP_ATTRIBUTE, *VALUE_ATTRIBUTES],
            )
        )
    except htcondor_errors() as error:
        raise PoolError(f"the schedd does not answer: {error}", "Run: sweep pool status") from error
    return [
        Job(
            cluster=ad["ClusterId"],
            status=JobStatus(ad["JobStatus"]),
            is_outer=ad["JobUniverse"] == SCHEDULER_UNIVERSE and "DAGManJobId" not in ad,
            trial=ad.get("SweepTrial"),
            hold_reason=ad.get("HoldReason", ""),
            folder=ad.get("Iwd", ""),
            **live_report(ad),
        )
        for ad in ads
    ]


def live_report(ad: Ad) -> dict[str, Any]:
    """Return step and values that a running program set as attributes of its job, {} unless all are plain numbers.

    A job can set such an attribute to any expression, so none is evaluated.
    """
    step = ad.get(STEP_ATTRIBUTE)
    values = [value for name in VALUE_ATTRIBUTES if (value := ad.get(name)) is not None]
    if type(step) is not int or not 0 <= step < MOST_STEPS:
        return {}
    if not all(type(value) in (int, float) and math.isfinite(value) for value in values):
        return {}
    return {"live_step": step, "live_values": tuple(map(float, values))}


def remove_jobs(study_id: str) -> None:
    """Remove all of a study's jobs from the queue. Raises PoolError if the schedd refuses."""
    htcondor = load_bindings()
    try:
        htcondor.Schedd().act(htcondor.JobAction.Remove, f'{STUDY_ATTRIBUTE} == "{study_id}"')
    except htcondor_errors() as error:
        raise PoolError(f"the schedd did not remove the jobs: {error}", "Run: sweep pool status") from error


def remove_with_outputs(study_id: str) -> bool:
    """Remove the jobs of a study's trials after they got SIGTERM and sent back their outputs. DAGMan then ends.

    Returns whether HTCondor did it. Releases before 25.8 cannot, and the bindings have no such action.
    """
    constraint = f'{STUDY_ATTRIBUTE} == "{study_id}" && JobUniverse != {SCHEDULER_UNIVERSE}'
    done = subprocess.run(
        ["condor_rm", "-transfer", "-constraint", constraint], capture_output=True, text=True, check=False
    )
    return done.returncode == 0


COPY_SECONDS = 300
"""Time to copy a checkpoint from the schedd's spool."""


def copy_evicted_files(cluster: int, into: Path) -> Path | None:
    """Copy a job's checkpoint from the schedd. Returns the folder in `into` with the files, None if there are none.

    Gives up after COPY_SECONDS: the trial then continues from an older checkpoint.
    """
    command = ["condor_evicted_files", "get", f"{cluster}.0"]
    try:
        done = subprocess.run(command, cwd=into, capture_output=True, text=True, check=False, timeout=COPY_SECONDS)
    except subprocess.TimeoutExpired:
        return None
    return next(into.iterdir(), None) if done.returncode == 0 else None


def outer_dagman(queue: Sequence[Job]) -> Job | None:
    """Return the outer DAGMan job among a study's jobs, None if it is not in the queue."""
    return next((job for job in queue if job.is_outer), None)


TAIL_BYTES = 1 << 20
"""The end of a running job's output that `tail_output` fetches, in bytes."""


def tail_output(cluster: int) -> tuple[str, str]:
    """Return the end of a running job's stdout and stderr; '' for those that the pool does not send."""
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
    """Return the job ad and the warnings that condor_submit prints for a submit description, without submitting it.

    Raises PoolError with condor_submit's message if it refuses the description.
    """
    ad = file.with_suffix(".ad")
    done = subprocess.run(
        ["condor_submit", "-dry-run", ad.name, file.name], cwd=file.parent, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise PoolError(
            f"condor_submit refused the jobs' submit description: {' '.join(done.stderr.split())}",
            "Check [job]. To read the submit description, run: sweep launch --dry-run --generations 1",
        )
    job = parse_ad(ad.read_text())
    # The schedd sets the owner when it accepts a job, and a slot's START may use it.
    job["Owner"] = getpass.getuser()
    return job, [line.strip() for line in done.stderr.splitlines() if line.startswith("WARNING")]
