"""Reads a job's event log, as HTCondor writes it, without HTCondor: every POST script does. Standard library only."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

EVENT = re.compile(
    r"^(?P<code>\d{3}) \(\d+\.\d+\.\d+\) (?P<when>(?:\d{4}-\d\d-\d\d|\d\d/\d\d(?:/\d\d)?) \d\d:\d\d:\d\d)", re.MULTILINE
)
FORMATS = ("%Y-%m-%d %H:%M:%S", "%m/%d/%y %H:%M:%S", "%m/%d %H:%M:%S")

# Event numbers: condor_event.h.
EXECUTE, EVICTED, TERMINATED, ABORTED, HELD, RECONNECT_FAILED = "001", "004", "005", "009", "012", "024"
ENDS = {EVICTED, TERMINATED, ABORTED, HELD, RECONNECT_FAILED}


@dataclass(frozen=True)
class JobHistory:
    """What became of a trial's job so far: starts on a slot, evictions, seconds on slots, why it was last held."""

    attempts: int = 0
    evictions: int = 0
    seconds: float = 0.0
    hold_reason: str = ""


def read(text: str) -> JobHistory:
    """The history that an event log tells; a torn or unknown event counts for nothing."""
    attempts = evictions = 0
    seconds = 0.0
    hold_reason = ""
    started: datetime | None = None
    for match in EVENT.finditer(text):
        code, when = match["code"], _time(match["when"])
        if code == EXECUTE:
            attempts += 1
            started = when
        elif code in ENDS:
            evictions += code == EVICTED
            if started is not None and when is not None:
                seconds += max(0.0, (when - started).total_seconds())
            started = None
        if code == HELD:
            body = text[match.end() :].splitlines()[1:2]
            hold_reason = body[0].strip() if body else ""
    return JobHistory(attempts, evictions, seconds, hold_reason)


def _time(text: str) -> datetime | None:
    for form in FORMATS:
        try:
            return datetime.strptime(text, form)
        except ValueError:
            continue
    return None
