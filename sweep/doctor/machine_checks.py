"""Checks of the access point: HTCondor, its bindings, its schedd, its DAGMan."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from sweep.doctor.finding import Finding, error, ok, warning
from sweep.errors import PoolError
from sweep.pool import schedd
from sweep.pool.connect import connect, is_personal

PROBE = "executable = /bin/true\ntransfer_executable = False\nrequest_memory = 1\nrequest_disk = 1\nqueue\n"
"""A job for a machine without a study."""


OLDEST = (23, 9)
"""HTCondor's oldest release that sweep was tried with."""


SCANS = 3
"""Scans of DAGMan's log from a job's end to the next job of its lane: to POST, to PRE, to its submission."""


def check_pool() -> Iterator[Finding]:
    """Whether there is HTCondor here, and its schedd answers."""
    connect()
    yield ok("the schedd answers" + (", of sweep's personal pool" if is_personal() else ""))


def check_versions() -> Iterator[Finding]:
    """HTCondor and the bindings that talk to it."""
    yield judge_versions(*schedd.htcondor_versions())


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


def check_dagman() -> Iterator[Finding]:
    """Whether workflows can be started here."""
    found = shutil.which("condor_dagman")
    if found is None:
        yield error("condor_dagman is not on PATH", "Is this an access point? Its administrators know where it is.")
    else:
        yield ok(f"condor_dagman is {found}")


def check_hand_off(lanes: bool) -> Iterator[Finding]:
    """What a lane waits from one trial to the next."""
    yield judge_hand_off(schedd.scan_interval(), lanes)


def judge_hand_off(scan: int, lanes: bool) -> Finding:
    text = f"DAGMan looks at its jobs every {scan} s (DAGMAN_USER_LOG_SCAN_INTERVAL)"
    if scan <= 1 or not lanes:
        return ok(text)
    return warning(
        f"{text}: in lanes a slot waits about {SCANS * scan} s from one trial to the next",
        "Let a trial take many times that; or ask the access point's administrators for less.",
    )


def check_submission(description: str = PROBE, folder: Path = Path()) -> Iterator[Finding]:
    """Whether the schedd takes a job, which is held, and removed again."""
    try:
        schedd.try_submission(description, folder)
    except PoolError as refusal:
        yield error(str(refusal), "Look at [job], and at the site's rules for jobs; or ask its administrators.")
    else:
        yield ok("the schedd takes jobs (one was submitted on hold, and removed)")
