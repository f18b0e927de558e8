"""Checks of a study on this machine: its folder, its room, its scripts, what travels with its jobs."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from sweep import resources
from sweep.doctor.disk_space import free_room, judge_room
from sweep.doctor.finding import Finding, error, ok, warning
from sweep.pool.classads import Ad
from sweep.study.study import Study, planned_generations
from sweep.study.tried import last_try
from sweep.system.filesystems import network_filesystem
from sweep.units import last_line, readable_bytes

GENERATIONS = 5
"""Generations that a study is taken to have that was never launched."""


PASSED = ("CONDOR_CONFIG", "PATH", "PYTHONPATH", "TZ", "HOME", "USER", "LANG", "LC_ALL")


PASSED_FAMILIES = ("_CONDOR_", "PERL", "PEGASUS_", "BEARER_TOKEN")
"""What DAGMan's scripts have of the environment of who submits (dagman_utils.cpp)."""


OPEN = """
import sys
from pathlib import Path
from sweep.paths import StudyPaths
from sweep.optimizer.stored_study import StoredStudy
from sweep.study.study import load_study
StoredStudy.open(load_study(StudyPaths(Path(sys.argv[1]))), writing=False).rows()
"""


SLOW = 10
"""Seconds to read the storage that are too many: each generation waits for them, and POST scripts now and again."""


PATIENCE = 120
"""Seconds after which a script counts as hanging."""


NAMED = 5
"""How many files that are not to be had are named."""


LARGE = 10**9
"""Bytes for each job that are too many to pass through the access point."""


def check_folder(study: Study) -> Iterator[Finding]:
    """Whether DAGMan and the storage can be where the study is."""
    root = study.paths.root
    kind = network_filesystem(root)
    if not os.access(root, os.W_OK | os.X_OK):
        yield error(f"{root} cannot be written to", "Mend its rights (chmod u+rwx), or work in another folder.")
    elif kind and study.config.study.storage == "sqlite":
        yield error(
            f"{root} is on a network file system ({kind}), where an SQLite database may be damaged",
            'Move the study to a local disk, or begin one with [study] storage = "journal".',
        )
    elif kind == "afs":
        yield error(f"{root} is on AFS, which the workflow's scripts have no token for", "Work in another folder.")
    elif root.is_relative_to("/tmp"):  # noqa: S108
        yield warning(f"{root} is below /tmp, which a reboot empties", "Keep studies where they stay: in your home.")
    else:
        yield ok(f"{root} is a place for the workflow and the storage")


def check_room(study: Study) -> Iterator[Finding]:
    """Whether there is room for the checkpoints of the trials to come."""
    trials = [study.paths.trial(number) for number in study.paths.trial_numbers()]
    sizes = [trial.checkpoint.stat().st_size for trial in trials if trial.checkpoint.exists()]
    tried = last_try(study)
    source = "the largest so far" if any(sizes) else "as in `sweep try`"
    size = max(sizes, default=0) or (tried.checkpoint_bytes if tried else 0)
    there = free_room(study.paths.root)
    generations = planned_generations(study.paths) or GENERATIONS
    if not study.config.trainer.has_checkpoints:
        yield ok(f"{readable_bytes(there.free)} left {there.bound}; trials leave no checkpoints")
    elif not size:
        yield warning(
            f"{readable_bytes(there.free)} left {there.bound}; how large checkpoints are is not known",
            "Type `sweep try`.",
        )
    else:
        left = max(0, generations * study.config.study.trials_per_generation - sum(size > 0 for size in sizes))
        yield judge_room(there, size, left, source)


def check_scripts(study: Study) -> Iterator[Finding]:
    """Whether PRE and POST scripts work in an environment like DAGMan's, and how fast."""
    environment = script_environment(os.environ)
    opening = [sys.executable, "-P", "-c", OPEN, str(study.paths.root)]
    yield _timed("the Python of PRE scripts reads the storage", opening, environment)
    harvesting = [sys.executable, "-P", "-S", "-c", "import sweep.nodes.post_server"]
    root = str(resources.PACKAGE.parent)
    yield _timed("the Python that answers POST scripts starts", harvesting, environment | {"PYTHONPATH": root})


def script_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """What of an environment DAGMan hands to its scripts."""
    return {name: value for name, value in environment.items() if name in PASSED or name.startswith(PASSED_FAMILIES)}


def _timed(what: str, words: list[str], environment: dict[str, str]) -> Finding:
    began = time.monotonic()
    try:
        done = subprocess.run(
            words, env=environment, cwd="/", capture_output=True, text=True, check=False, timeout=PATIENCE
        )
    except subprocess.TimeoutExpired:
        return error(f"not so: {what} (nothing in {PATIENCE} s)", "Is a disk or the storage's server away?")
    took = time.monotonic() - began
    if done.returncode:
        last = last_line(done.stderr, "nothing on stderr")
        return error(
            f"not so: {what}: {last}",
            "DAGMan's scripts have little of your environment: neither LD_LIBRARY_PATH nor loaded modules. "
            f"Install sweep where {sys.executable} works without them.",
        )
    text = f"{what}, in {took:.1f} s"
    if took > SLOW:
        return warning(text, "Put the virtual environment on a local disk, or take fewer, larger generations.")
    return ok(text)


def check_inputs(job: Ad) -> Iterator[Finding]:
    """Whether all that travels with a job is there, and how much that is."""
    places = [place.strip() for place in str(job.get("TransferInput", "")).split(",") if place.strip()]
    here = [Path(str(job["Iwd"]), place) for place in places if "://" not in place]
    files = [file for place in here for file in (place.rglob("*") if place.is_dir() else [place])]
    missing = [file for file in files if not file.exists()]
    closed = [file for file in files if file.exists() and not os.access(file, os.R_OK)]
    total = sum(file.stat().st_size for file in files if file.is_file())
    for file in missing[:NAMED]:
        yield error(f"there is no {file}, which jobs take along", "Put it back, or name another in study.toml.")
    for file in closed[:NAMED]:
        yield error(f"{file}, which jobs take along, cannot be read", f"chmod u+r {shlex.quote(str(file))}")
    if total > LARGE:
        yield warning(
            f"each job takes {readable_bytes(total)} along through the access point",
            "Give large data and containers as URLs (osdf://, https://): they come from caches near the job.",
        )
    elif not missing and not closed:
        urls = len(places) - len(here)
        yield ok(f"each job takes {readable_bytes(total)} along" + (f", and fetches {urls} by URL" if urls else ""))
