"""Reads a job's event log, as HTCondor writes it, without HTCondor: every POST script does. Standard library only."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

Ending = Literal["terminated", "evicted", "lost", "held", "removed", "running"]


EVENT = re.compile(
    r"^(?P<code>\d{3}) \((?P<cluster>\d+)\.\d+\.\d+\) "
    r"(?P<when>(?:\d{4}-\d\d-\d\d|\d\d/\d\d(?:/\d\d)?) \d\d:\d\d:\d\d) (?P<what>.*)$",
    re.MULTILINE,
)


SLOT = re.compile(r"^\tSlotName: (\S+)$", re.MULTILINE)


GPU = re.compile(r'\bDeviceName = "([^"]*)"')


HOLD = re.compile(r"\n\t(?P<reason>.*)\n\tCode (?P<code>\d+)(?: Subcode (?P<subcode>\d+))?")


USED = re.compile(r"^\t +(?P<name>\w+)(?: \(\w+\))? +: +(?P<used>[\d.]+) ", re.MULTILINE)


BYTES = re.compile(r"^\t(\d+)  -  Run Bytes (Sent|Received) By Job$", re.MULTILINE)


IMAGE = re.compile(r"^\t(\d+)  -  MemoryUsage of job \(MB\)$", re.MULTILINE)


FORMATS = ("%m/%d/%y %H:%M:%S", "%m/%d %H:%M:%S")


# Event numbers: condor_event.h.
SUBMIT, EXECUTE, EVICTED, TERMINATED, ABORTED, HELD = "000", "001", "004", "005", "009", "012"


IMAGE_SIZE, GENERIC, RECONNECT_FAILED, TRANSFER = "006", "008", "024", "040"


ENDS: dict[str, Ending] = {
    EVICTED: "evicted",
    TERMINATED: "terminated",
    ABORTED: "removed",
    HELD: "held",
    RECONNECT_FAILED: "lost",
}


INPUT_BEGINS, CHECKPOINT_SENT = "Started transferring input files", "Finished transferring output files"


@dataclass
class SlotRun:
    """One stay of a job on a slot. `queued` is since when it had waited; from `claimed` on it had the slot, and
    fetched its inputs; from `start` to `end`, None while it runs, its program ran. `lost_s` are the seconds at the end
    whose work was lost, since no checkpoint came back after them.

    `memory_mb` and `disk_kb` are the most that it used, `cpus` on average, 0 where HTCondor did not say; `sent` and
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
        """Of the program, to its end; 0 while it runs."""
        return _between(self.start, self.end)


@dataclass
class JobHistory:
    """What became of a trial's jobs so far. `cluster` is the last job's; `removed` tells that this job was taken out
    of the queue before it ended; why that job was held, if it was, is `hold_reason`, and HTCondor's numbers
    for it, code and subcode, `hold_code`. `said` is what the program had written into the log last, of this run.
    """

    runs: list[SlotRun] = field(default_factory=list)
    cluster: int | None = None
    queued: datetime | None = None
    removed: bool = False
    hold_reason: str = ""
    hold_code: tuple[int, int] = (0, 0)
    said: str = ""

    @property
    def attempts(self) -> int:
        """Starts on a slot."""
        return len(self.runs)

    @property
    def evictions(self) -> int:
        return sum(run.ending in ("evicted", "lost") for run in self.runs)

    @property
    def seconds(self) -> float:
        """On slots, of the runs that have ended."""
        return sum(run.seconds for run in self.runs)

    @property
    def lost_seconds(self) -> float:
        return sum(run.lost_s for run in self.runs)

    @property
    def host(self) -> str:
        """Of the last start."""
        return self.runs[-1].host if self.runs else ""


def read_event_log(file: Path, trial: int = -1) -> JobHistory:
    """The history that a job's event log tells so far; empty when there is none. `trial` is put into its runs."""
    try:
        return parse_event_log(file.read_text(encoding="utf-8", errors="replace"), trial)
    except FileNotFoundError:
        return JobHistory()


def parse_event_log(text: str, trial: int = -1) -> JobHistory:
    """The history that an event log tells; a torn or unknown event counts for nothing."""
    history = JobHistory()
    claimed: datetime | None = None
    saved: datetime | None = None
    for match in EVENT.finditer(text):
        code, when = match["code"], _time(match["when"])
        body = text[match.end() : text.find("\n...", match.end()) % (len(text) + 1)]
        run = history.runs[-1] if history.runs and history.runs[-1].ending == "running" else None
        if code == SUBMIT:
            history.cluster, history.removed, history.queued = int(match["cluster"]), False, when
            history.hold_reason, history.hold_code = "", (0, 0)
        elif code == TRANSFER and match["what"] == INPUT_BEGINS:
            claimed = when
        elif code == EXECUTE and when:
            history.runs.append(_start(trial, history.queued, claimed, when, body))
            saved, claimed, history.said = when, None, ""
        elif code == TRANSFER and match["what"] == CHECKPOINT_SENT and when:
            saved = when
        elif code == GENERIC:
            history.said = match["what"]
        elif code == IMAGE_SIZE and run and (size := IMAGE.search(body)):
            run.memory_mb = max(run.memory_mb, float(size[1]))
        elif code in ENDS:
            history.removed, history.queued = code == ABORTED, when
            if run:
                run.end, run.ending = when, ENDS[code]
                run.lost_s = _between(saved, when) if code in (EVICTED, RECONNECT_FAILED) else 0.0
                _note_usage(run, body)
        if code == HELD and (hold := HOLD.match(body)):
            history.hold_reason = hold["reason"].strip()
            history.hold_code = (int(hold["code"]), int(hold["subcode"] or 0))
    return history


def _start(trial: int, queued: datetime | None, claimed: datetime | None, when: datetime, body: str) -> SlotRun:
    slot, gpu = SLOT.search(body), GPU.search(body)
    name = slot[1] if slot else ""
    return SlotRun(trial, queued, claimed, when, host=name.rpartition("@")[2], slot=name, gpu=gpu[1] if gpu else "")


def _note_usage(run: SlotRun, body: str) -> None:
    """What the event of a run's end says it used."""
    used = {match["name"]: float(match["used"]) for match in USED.finditer(body)}
    run.memory_mb = max(run.memory_mb, used.get("Memory", 0.0))
    run.disk_kb, run.cpus = used.get("Disk", 0.0), used.get("Cpus", 0.0)
    for amount, way in BYTES.findall(body):
        setattr(run, way.lower(), int(amount))


def _between(start: datetime | None, end: datetime | None) -> float:
    return max(0.0, (end - start).total_seconds()) if start and end else 0.0


def _time(text: str) -> datetime | None:
    with contextlib.suppress(ValueError):
        return datetime.fromisoformat(text)  # much quicker than a format
    for form in FORMATS:
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    return None
