"""Decides from plain values whether a part of a running sweep hangs or is gone, and what to type then. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sweep.pool.schedd import Job, JobStatus, outer_dagman
from sweep.system.processes import Process
from sweep.units import counted, readable_time

PATIENCE_SECONDS = 60.0
"""How long a POST script may wait for an answer, and DAGMan may take to notice a job's end, before anybody wonders."""

STOPPED = ("T", "t")
"""States of a process that got SIGSTOP, or that a debugger holds (proc(5))."""

STATES = {
    "T": "is stopped",
    "t": "is stopped by a debugger",
    "D": "waits for a disk or a file server",
    "Z": "has ended",
}


@dataclass(frozen=True)
class Lock:
    """A lock of a study that a process holds: its file's name, the process's number (None if unknown), and its machine.

    `process` is None if it is not on this machine.
    """

    name: str
    pid: int | None
    host: str
    process: Process | None

    @property
    def is_stopped(self) -> bool:
        return self.process is not None and self.process.state in STOPPED


@dataclass(frozen=True)
class EndedJob:
    """The last job of a trial without a result, when the job is no longer in the queue.

    `silent_s` are the seconds since the last event in its log. `has_ended` tells whether that is the job's end, and
    `is_noticed` whether its POST script waits or has run.
    """

    trial: int
    cluster: int
    silent_s: float
    has_ended: bool
    is_noticed: bool


@dataclass(frozen=True)
class Facts:
    """What the machine and the study's files tell about a sweep.

    `waiting_s` has the seconds that each POST script has waited. `serving` is the lock of the process that answers
    them, and `storage` that of the process that writes the storage; None if no process holds it. `last_line` is what
    the former printed last, and `is_explained` tells whether a script has written down why it waits. `dagmans` has, by
    the cluster of each DAGMan job, the process with that DAGMan's lock; None if there is none. A DAGMan on another
    machine is not in it. `scripts` are the processes of PRE and POST scripts on this machine. `commands` are two lines
    to type: the stop of the sweep, and the launch after it.
    """

    waiting_s: Sequence[float] = ()
    serving: Lock | None = None
    storage: Lock | None = None
    last_line: str = ""
    is_explained: bool = False
    dagmans: Mapping[int, Process | None] = field(default_factory=dict)
    scripts: Sequence[Process] = ()
    ended: Sequence[EndedJob] = ()
    commands: tuple[str, str] = ("sweep stop --now", "sweep launch")


def find_troubles(queue: Sequence[Job], facts: Facts) -> list[str]:
    """Return what hangs or is gone, each with the line to type; `queue` has the study's jobs."""
    outer = outer_dagman(queue)
    if outer is None:
        return _jobs_of_no_dagman(queue, facts)
    if outer.status != JobStatus.RUNNING:
        return []
    running = [job for job in queue if job.trial is None and job.status == JobStatus.RUNNING]
    found = [text for job in running if job.cluster in facts.dagmans for text in _dagman(job, facts)]
    # One cause, one message. A DAGMan that hangs notices no job's end. It starts few POST scripts at a time: while some
    # wait, the end of another job waits for its script.
    return found or _scripts(facts) or _posts(facts) or ([] if facts.waiting_s else _unnoticed(facts))


def _jobs_of_no_dagman(queue: Sequence[Job], facts: Facts) -> list[str]:
    count = sum(job.status != JobStatus.REMOVED for job in queue)
    if not count:
        return []
    return [
        f"The queue has {counted(count, 'job')} of the sweep, and no DAGMan that waits for them. "
        f"If they do not leave by themselves, run: {facts.commands[0]}"
    ]


def _dagman(job: Job, facts: Facts) -> list[str]:
    process = facts.dagmans[job.cluster]
    if process is None:
        return [
            f"The DAGMan job {job.cluster} is running by the queue, but no process condor_dagman has its lock. "
            f"If that lasts a minute, {_start_over(facts)}"
        ]
    if process.state in STOPPED:
        return [
            f"DAGMan (cluster {job.cluster}) does nothing: its process {process.pid} {STATES[process.state]}. "
            f"Run: kill -CONT {process.pid}"
        ]
    return []


def _scripts(facts: Facts) -> list[str]:
    return [
        f"The process {process.pid} ({process.command}) is stopped. Run: kill -CONT {process.pid}"
        for process in facts.scripts
        if process.state in STOPPED
    ]


def _posts(facts: Facts) -> list[str]:
    late = [seconds for seconds in facts.waiting_s if seconds > PATIENCE_SECONDS]
    wait = f"{counted(len(late), 'POST script')} without an answer for up to {readable_time(max(late, default=0))}"
    # The process that answers may itself wait for another, which has the storage.
    locks = [lock for lock in (facts.storage, facts.serving) if lock]
    if stopped := [lock for lock in locks if lock.is_stopped]:
        lock = stopped[0]
        scripts = f": {wait}" if late else ""
        return [f"The process {lock.pid}, which holds {lock.name}, is stopped{scripts}. Run: kill -CONT {lock.pid}"]
    # A script that gave up for a while leaves its request, and has said why.
    if not late or (facts.is_explained and not _is_stuck(locks)):
        return []
    if not locks:
        said = f": {facts.last_line}" if facts.last_line else ""
        return [f"{wait}: no process answers them{said}. To check this machine, run: sweep doctor"]
    lock = locks[0]
    if lock.pid is None:
        return [f"{wait}: a process holds {lock.name} and does not answer. To find it, run: lslocks"]
    if lock.process is None:
        return [f"{wait}: the process {lock.pid} on {lock.host} holds {lock.name}. If that lasts, end it there."]
    state = STATES.get(lock.process.state, "still runs")
    return [
        f"{wait}: the process {lock.pid}, which holds {lock.name}, {state}. "
        f"If that lasts, run: kill -9 {lock.pid}. Another one then starts by itself."
    ]


def _is_stuck(locks: Sequence[Lock]) -> bool:
    """Return whether the process with the first of these locks waits for a disk, or cannot be seen from here."""
    return bool(locks) and (locks[0].process is None or locks[0].process.state in STATES)


def _unnoticed(facts: Facts) -> list[str]:
    late = [job for job in facts.ended if job.silent_s > PATIENCE_SECONDS and not job.is_noticed]
    if not late:
        return []
    trials = ", ".join(str(job.trial) for job in late[:5]) + (", …" if len(late) > 5 else "")
    what = "ended" if all(job.has_ended for job in late) else "left the queue"
    nouns = "job of trial" if len(late) == 1 else "jobs of trials"
    return [f"The {nouns} {trials} {what}, and DAGMan has not noticed. If that lasts, {_start_over(facts)}"]


def _start_over(facts: Facts) -> str:
    stop, launch = facts.commands
    return f"run: {stop} && {launch}"
