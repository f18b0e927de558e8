"""Reads the event log that HTCondor writes for a job, without HTCondor's bindings. Standard library only."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass, field
from datetime import datetime
from itertools import zip_longest
from pathlib import Path
from typing import Literal

Ending = Literal["terminated", "evicted", "lost", "held", "removed", "running"]

EVENT = re.compile(
    r"^(?P<code>\d{3}) \((?P<cluster>\d{1,18})\.\d+\.\d+\) "
    r"(?P<when>(?:\d{4}-\d\d-\d\d|\d\d/\d\d(?:/\d\d)?) \d\d:\d\d:\d\d) (?P<text>.*)$",
    re.MULTILINE,
)
SLOT = re.compile(r"^\tSlotName: (\S+)$", re.MULTILINE)
GPU = re.compile(r'\bDeviceName = "([^"]*)"')
HOLD = re.compile(r"\n\t(?P<reason>.*)\n\tCode (?P<code>\d{1,9})(?: Subcode (?P<subcode>\d{1,9}))?")
USED = re.compile(r"^\t +(?P<name>\w+)(?: \(\w+\))? +: +(?P<used>\d{1,18}(?:\.\d+)?) ", re.MULTILINE)
STATUS = re.compile(r"\((?:return value (?P<value>\d+)|signal (?P<signal>\d+))\)")
BYTES = re.compile(r"^\t(\d{1,18})  -  Run Bytes (Sent|Received) By Job$", re.MULTILINE)
MEMORY = re.compile(r"^\t(\d{1,18})  -  MemoryUsage of job \(MB\)$", re.MULTILINE)

OLD_TIME_FORMATS = ("%m/%d/%y %H:%M:%S", "%m/%d %H:%M:%S")
"""Formats of a time in the logs of older HTCondor versions; newer ones write ISO 8601."""

# Event numbers: condor_event.h.
SUBMIT, EXECUTE, EVICTED, TERMINATED, ABORTED, HELD = "000", "001", "004", "005", "009", "012"
IMAGE_SIZE, RELEASED, RECONNECT_FAILED, TRANSFER = "006", "013", "024", "040"

ENDINGS: dict[str, Ending] = {
    EVICTED: "evicted",
    TERMINATED: "terminated",
    ABORTED: "removed",
    HELD: "held",
    RECONNECT_FAILED: "lost",
}

INPUT_STARTED, OUTPUT_FINISHED = "Started transferring input files", "Finished transferring output files"
"""Texts of TRANSFER events."""


@dataclass
class SlotRun:
    """One run of a job on a slot.

    The job was in the queue from `queued`, had the slot and fetched its inputs from `claimed`, and its program ran from
    `start` to `end` (None while it runs). `lost_s` are the seconds between the last checkpoint that came back and an
    eviction.

    `memory_mb` and `disk_kb` are the peak use, `cpus` the average use; 0 if HTCondor did not report them. `sent` and
    `received` are bytes.
    """

    trial: int
    queued: datetime | None
    claimed: datetime | None
    start: datetime
    end: datetime | None = None
    host: str = ""
    slot: str = ""
    gpu: str = ""
    ending: Ending = "running"
    lost_s: float = 0.0
    memory_mb: float = 0.0
    disk_kb: float = 0.0
    cpus: float = 0.0
    sent: int = 0
    received: int = 0

    @property
    def seconds(self) -> float:
        """Seconds that the program ran; 0 while it still runs."""
        return _seconds_between(self.start, self.end)


@dataclass
class JobHistory:
    """The jobs of a trial so far.

    These describe the last job: its `cluster`; when it was `submitted`; if it has ended by itself, its `return_code`
    (DAGMan's $RETURN); whether it was `removed` from the queue before it ended; and, if it was held, `hold_reason` and
    `hold_code` (HTCondor's code and subcode).
    """

    runs: list[SlotRun] = field(default_factory=list)
    cluster: int | None = None
    submitted: datetime | None = None
    return_code: int | None = None
    removed: bool = False
    hold_reason: str = ""
    hold_code: tuple[int, int] = (0, 0)

    @property
    def attempts(self) -> int:
        """Number of starts on a slot."""
        return len(self.runs)

    @property
    def evictions(self) -> int:
        """Number of runs that ended because the slot was taken away or lost."""
        return sum(run.ending in ("evicted", "lost") for run in self.runs)

    @property
    def seconds(self) -> float:
        """Seconds on slots, over the runs that have ended."""
        return sum(run.seconds for run in self.runs)

    @property
    def lost_seconds(self) -> float:
        """Seconds of work that evictions lost."""
        return sum(run.lost_s for run in self.runs)

    @property
    def host(self) -> str:
        """Host of the last start, '' if there was none."""
        return self.runs[-1].host if self.runs else ""


def read_event_log(file: Path, trial: int = -1) -> JobHistory:
    """Return the history in a job's event log; it is empty if there is no file. `trial` is the number for its runs."""
    try:
        # As bytes: a job may put a carriage return into the name of a file, which HTCondor copies into the log.
        return parse_event_log(file.read_bytes().decode("utf-8", errors="replace"), trial)
    except FileNotFoundError:
        return JobHistory()


def parse_event_log(text: str, trial: int = -1) -> JobHistory:
    """Return the history in the text of an event log. Torn and unknown events are ignored."""
    reader = _LogReader(trial)
    events = list(EVENT.finditer(text))
    for event, following in zip_longest(events, events[1:]):
        # A torn event has no "..." of its own.
        end = text.find("\n...", event.end(), following.start() if following else len(text))
        reader.read(event, text[event.end() : end if end >= 0 else following.start() if following else len(text)])
    return reader.finish()


@dataclass
class _Job:
    """A job whose events are being read: since when it waits, its slot's times, and its latest run."""

    submitted: datetime | None = None
    queued: datetime | None = None
    claimed: datetime | None = None
    saved: datetime | None = None
    """The start, or the last checkpoint that came back."""
    run: SlotRun | None = None

    @property
    def running(self) -> SlotRun | None:
        return self.run if self.run and self.run.ending == "running" else None

    def lose(self, when: datetime | None) -> None:
        """End a run whose ending the log does not have."""
        if run := self.running:
            run.end, run.ending = max(when or run.start, run.start), "lost"
            run.lost_s = _seconds_between(self.saved, run.end)


class _LogReader:
    """Builds a trial's history, event by event. The last job that was submitted is the trial's own."""

    def __init__(self, trial: int) -> None:
        self._history = JobHistory()
        self._trial = trial
        self._jobs: dict[int, _Job] = {}

    def read(self, event: re.Match[str], body: str) -> None:
        """Read one event; `body` are the lines below its first."""
        code, when, text, cluster = event["code"], _time(event["when"]), event["text"], int(event["cluster"])
        job, history = self._jobs.setdefault(cluster, _Job()), self._history
        if code == SUBMIT or history.cluster is None:
            history.cluster, history.removed, history.return_code = cluster, False, None
        if code in (SUBMIT, RELEASED) and cluster == history.cluster:
            history.hold_reason, history.hold_code = "", (0, 0)
        if code == SUBMIT:
            job.submitted = job.queued = history.submitted = when
        elif code == TRANSFER and text == INPUT_STARTED:
            job.claimed = when
        elif code == TRANSFER and text == OUTPUT_FINISHED and when:
            job.saved = when
        elif code == EXECUTE and when:
            job.lose(when)
            job.run = _slot_run(self._trial, job.queued, job.claimed, when, body)
            history.runs.append(job.run)
            job.saved, job.claimed = when, None
        elif code == IMAGE_SIZE and (run := job.running) and (memory := MEMORY.search(body)):
            run.memory_mb = max(run.memory_mb, float(memory[1]))
        elif code in ENDINGS:
            self._end(job, code, when, body)
            if cluster == history.cluster:
                self._note_ending(code, body)

    def finish(self) -> JobHistory:
        """Return the history. A job that a later one has replaced does not run any more."""
        history = self._history
        for cluster, job in self._jobs.items():
            if cluster != history.cluster and history.cluster is not None:
                job.lose(self._jobs[history.cluster].submitted)
        return history

    def _end(self, job: _Job, code: str, when: datetime | None, body: str) -> None:
        """Note the end of a run, or of a job that waits."""
        if run := job.running:
            run.end, run.ending = when, ENDINGS[code]
            run.lost_s = _seconds_between(job.saved, when) if code in (EVICTED, RECONNECT_FAILED) else 0.0
            _note_usage(run, body)
        job.queued = when

    def _note_ending(self, code: str, body: str) -> None:
        """Note how the trial's last job ended, or why it waits."""
        history = self._history
        history.removed = code == ABORTED
        if code == TERMINATED and (status := STATUS.search(body)):
            history.return_code = int(status["value"]) if status["value"] else -int(status["signal"])
        if code == HELD and (hold := HOLD.match(body)):
            history.hold_reason = hold["reason"].strip()
            history.hold_code = (int(hold["code"]), int(hold["subcode"] or 0))


def _slot_run(trial: int, queued: datetime | None, claimed: datetime | None, start: datetime, body: str) -> SlotRun:
    slot, gpu = SLOT.search(body), GPU.search(body)
    name = slot[1] if slot else ""
    return SlotRun(trial, queued, claimed, start, host=name.rpartition("@")[2], slot=name, gpu=gpu[1] if gpu else "")


def _note_usage(run: SlotRun, body: str) -> None:
    """Add to a run what the event of its end says about its use of resources."""
    used = {match["name"]: float(match["used"]) for match in USED.finditer(body)}
    run.memory_mb = max(run.memory_mb, used.get("Memory", 0.0))
    run.disk_kb, run.cpus = used.get("Disk", 0.0), used.get("Cpus", 0.0)
    for size, direction in BYTES.findall(body):
        setattr(run, direction.lower(), int(size))


def _seconds_between(start: datetime | None, end: datetime | None) -> float:
    return max(0.0, (end - start).total_seconds()) if start and end else 0.0


def _time(text: str) -> datetime | None:
    """Return the time of an event, None if it has another form."""
    # fromisoformat is much faster than strptime, and a log has many events.
    with contextlib.suppress(ValueError):
        return datetime.fromisoformat(text)
    for form in OLD_TIME_FORMATS:
        with contextlib.suppress(ValueError):
            return datetime.strptime(text, form)
    return None
