"""Checks of the access point: HTCondor, its bindings, its schedd, its DAGMan."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from sweep import condor
from sweep.doctor.finding import Finding, error, ok, warning
from sweep.errors import PoolError

PROBE = "executable = /bin/true\ntransfer_executable = False\nrequest_memory = 1\nrequest_disk = 1\nqueue\n"
"""A job for a machine without a study."""

OLDEST = (23, 9)
"""HTCondor's oldest release that sweep was tried with."""

SCANS = 3
"""Scans of DAGMan's log from a job's end to the next job of its lane: to POST, to PRE, to its submission."""


def pool() -> Iterator[Finding]:
    """Whether there is HTCondor here, and its schedd answers."""
    condor.connect()
    yield ok("the schedd answers" + (", of sweep's personal pool" if condor.is_personal() else ""))


def versions() -> Iterator[Finding]:
    """HTCondor and the bindings that talk to it."""
    yield judge_versions(*condor.versions())


def judge_versions(daemons: str, bindings: str) -> Finding:
    text = f"HTCondor {daemons or 'of unknown version'}, Python bindings {bindings}"
    theirs, ours = _release(daemons), _release(bindings)
    if not theirs:
        return warning(text, "The schedd does not say: compare condor_version with `pip show htcondor`.")
    if theirs < OLDEST:
        return warning(text, f"sweep was not tried with anything before {OLDEST[0]}.{OLDEST[1]}: ask for an update.")
    if theirs[0] != ours[0]:
        return warning(text, f"They may refuse each other: pip install 'htcondor=={daemons}'")
    return ok(text)


def _release(version: str) -> tuple[int, ...]:
    found = re.match(r"(\d+)\.(\d+)", version)
    return (int(found[1]), int(found[2])) if found else ()


def dagman() -> Iterator[Finding]:
    """Whether workflows can be started here."""
    found = shutil.which("condor_dagman")
    if found is None:
        yield error("condor_dagman is not on PATH", "Is this an access point? Its administrators know where it is.")
    else:
        yield ok(f"condor_dagman is {found}")


def hand_off(lanes: bool) -> Iterator[Finding]:
    """What a lane waits from one trial to the next."""
    yield judge_hand_off(condor.scan_interval(), lanes)


def judge_hand_off(scan: int, lanes: bool) -> Finding:
    text = f"DAGMan looks at its jobs every {scan} s (DAGMAN_USER_LOG_SCAN_INTERVAL)"
    if scan <= 1 or not lanes:
        return ok(text)
    return warning(
        f"{text}: in lanes a slot waits about {SCANS * scan} s from one trial to the next",
        "Let a trial take many times that; or ask the access point's administrators for less.",
    )


def accepts(description: str = PROBE, folder: Path = Path()) -> Iterator[Finding]:
    """Whether the schedd takes a job, which is held, and removed again."""
    try:
        condor.try_submission(description, folder)
    except PoolError as refusal:
        yield error(str(refusal), "Look at [job], and at the site's rules for jobs; or ask its administrators.")
    else:
        yield ok("the schedd takes jobs (one was submitted on hold, and removed)")
