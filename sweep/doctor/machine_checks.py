"""Checks the access point: HTCondor, its Python bindings, its schedd and its DAGMan."""

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
"""The test job of a check without a study."""


OLDEST_RELEASE = (23, 9)
"""The oldest release of HTCondor that sweep was tested with."""


MOST_SCANS = 3
"""How many scans of its log DAGMan needs, at most, from the end of a lane's job to the submission of the next one."""


def check_pool() -> Iterator[Finding]:
    """Check that HTCondor is here and its schedd answers."""
    connect()
    yield ok("the schedd answers" + (", of sweep's personal pool" if is_personal() else ""))


def check_versions() -> Iterator[Finding]:
    """Check that HTCondor and its Python bindings fit together."""
    yield judge_versions(*schedd.htcondor_versions())


def judge_versions(daemons: str, bindings: str) -> Finding:
    """Judge the versions of HTCondor's daemons, '' if unknown, and of its Python bindings."""
    text = f"HTCondor {daemons or 'of unknown version'}, Python bindings {bindings}"
    theirs, ours = _release(daemons), _release(bindings)
    if not theirs:
        return warning(text, "Compare them yourself. Run: condor_version; pip show htcondor")
    if theirs < OLDEST_RELEASE:
        return warning(
            text,
            f"sweep was not tested with releases before {OLDEST_RELEASE[0]}.{OLDEST_RELEASE[1]}. Ask for an update.",
        )
    if theirs[0] != ours[0]:
        return warning(text, f"They may refuse each other. Run: pip install 'htcondor=={daemons}'")
    return ok(text)


def _release(version: str) -> tuple[int, ...]:
    found = re.match(r"(\d+)\.(\d+)", version)
    return (int(found[1]), int(found[2])) if found else ()


def check_dagman() -> Iterator[Finding]:
    """Check that DAGMan can start here."""
    found = shutil.which("condor_dagman")
    if found is None:
        yield error(
            "condor_dagman is not on PATH",
            "Log in to an access point, or ask its administrators where condor_dagman is.",
        )
    else:
        yield ok(f"condor_dagman is {found}")


def check_hand_off(lanes: bool) -> Iterator[Finding]:
    """Check how long a lane's slot waits between two trials."""
    yield judge_hand_off(schedd.scan_interval(), lanes)


def judge_hand_off(scan: int, lanes: bool) -> Finding:
    """Judge the seconds between two scans of its log by DAGMan. Only sweeps in lanes wait for them."""
    text = f"DAGMan checks its jobs every {scan} s (DAGMAN_USER_LOG_SCAN_INTERVAL)"
    if scan <= 1 or not lanes:
        return ok(text)
    return warning(
        f"{text}, so in lanes a slot waits up to {MOST_SCANS * scan} s between two trials",
        "Run trials that take much longer, or ask the administrators for a shorter interval.",
    )


def check_submission(description: str = PROBE, folder: Path = Path()) -> Iterator[Finding]:
    """Check that the schedd accepts a job, by submitting one on hold and removing it."""
    try:
        schedd.try_submission(description, folder)
    except PoolError as refusal:
        yield error(str(refusal), "Check [job] against the site's rules for jobs, or ask its administrators.")
    else:
        yield ok("the schedd accepts jobs (submitted a test job on hold, and removed it)")
