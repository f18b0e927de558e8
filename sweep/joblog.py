"""Reads a job's event log, as HTCondor writes it, without HTCondor: every POST script does. Standard library only."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

EVENT = re.compile(
    r"^(?P<code>\d{3}) \((?P<cluster>\d+)\.\d+\.\d+\) "
    r"(?P<when>(?:\d{4}-\d\d-\d\d|\d\d/\d\d(?:/\d\d)?) \d\d:\d\d:\d\d) (?P<what>.*)$",
    re.MULTILINE,
)
SLOT = re.compile(r"^\tSlotName: (\S+)$", re.MULTILINE)
HOLD = re.compile(r"\n\t(?P<reason>.*)\n\tCode (?P<code>\d+)(?: Subcode (?P<subcode>\d+))?")
FORMATS = ("%Y-%m-%d %H:%M:%S", "%m/%d/%y %H:%M:%S", "%m/%d %H:%M:%S")

# Event numbers: condor_event.h.
SUBMIT, EXECUTE, EVICTED, TERMINATED, ABORTED, HELD = "000", "001", "004", "005", "009", "012"
RECONNECT_FAILED, TRANSFER = "024", "040"
ENDS = {EVICTED, TERMINATED, ABORTED, HELD, RECONNECT_FAILED}
CHECKPOINT_SENT = "Finished transferring output files"


@dataclass
class JobHistory:
    """What became of a trial's jobs so far: starts on a slot, evictions, seconds on slots, and of these the seconds
    whose work was lost, since no checkpoint came back after them.

    `cluster` and `host` are the last job's and the last start's; `removed` tells that this job was taken out of the
    queue before it ended; why that job was held, if it was, is `hold_reason`,
    and HTCondor's numbers for it, code and subcode, `hold_code`.
    """

    attempts: int = 0
    evictions: int = 0
    seconds: float = 0.0
    lost_seconds: float = 0.0
    cluster: int | None = None
    host: str = ""
    removed: bool = False
    hold_reason: str = ""
    hold_code: tuple[int, int] = (0, 0)


def read(file: Path) -> JobHistory:
    """The history that a job's event log tells so far; empty when there is none."""
    try:
        return parse(file.read_text(encoding="utf-8", errors="replace"))
    except FileNotFoundError:
        return JobHistory()


def parse(text: str) -> JobHistory:
    """The history that an event log tells; a torn or unknown event counts for nothing."""
    history = JobHistory()
    started: datetime | None = None
    saved: datetime | None = None
    for match in EVENT.finditer(text):
        code, when = match["code"], _time(match["when"])
        body = text[match.end() : text.find("\n...", match.end()) % (len(text) + 1)]
        if code == SUBMIT:
            history.cluster, history.removed = int(match["cluster"]), False
            history.hold_reason, history.hold_code = "", (0, 0)
        elif code == EXECUTE:
            history.attempts += 1
            started = saved = when
            slot = SLOT.search(body)
            history.host = slot[1].rpartition("@")[2] if slot else ""
        elif code == TRANSFER and match["what"] == CHECKPOINT_SENT and when:
            saved = when
        elif code in ENDS:
            history.evictions += code == EVICTED
            history.seconds += _between(started, when)
            if code in (EVICTED, RECONNECT_FAILED):
                history.lost_seconds += _between(saved, when)
            started = saved = None
            history.removed = code == ABORTED
        if code == HELD and (hold := HOLD.match(body)):
            history.hold_reason = hold["reason"].strip()
            history.hold_code = (int(hold["code"]), int(hold["subcode"] or 0))
    return history


def _between(start: datetime | None, end: datetime | None) -> float:
    return max(0.0, (end - start).total_seconds()) if start and end else 0.0


def _time(text: str) -> datetime | None:
    for form in FORMATS:
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    return None
