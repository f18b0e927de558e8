"""The faults that `chaos.py` causes while a sweep runs, by name, and how often each is drawn."""

from __future__ import annotations

import os
import random
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from sweep.control import stop
from sweep.control.repair import repair_storage
from sweep.pool import install, personal, schedd
from sweep.pool.schedd import JobStatus
from sweep.study.study import Study
from sweep.system.files import locked

SLOTS = 12


def start_pool() -> None:
    """Start the personal pool."""
    installation = install.find_installation()
    assert installation is not None, "no HTCondor on this machine; run: sweep pool install"
    personal.start_pool(installation, SLOTS, lambda _: None)


def kill(chance: random.Random, word: str, most: int = 1) -> bool:
    """Kill up to `most` of the pool's processes whose command line contains `word`; return whether there was one."""
    found = []
    for pid in personal.pool_processes():
        try:
            command = Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if word in command:
            found.append(pid)
    chosen = chance.sample(sorted(found), min(most, len(found)))
    for pid in chosen:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue
    return bool(chosen)


def evict(study: Study, chance: random.Random, *how: str) -> bool:
    """Evict up to three running trials; return whether there was one. `how` are options of condor_vacate_job."""
    running = [job for job in schedd.queued_jobs(study.id) if job.trial is not None and job.status == JobStatus.RUNNING]
    for job in chance.sample(running, min(3, len(running))):
        subprocess.run(["condor_vacate_job", *how, str(job.cluster)], capture_output=True, check=False)
    return bool(running)


def lose_power() -> bool:
    """Kill all processes of the pool at once, and start it again."""
    personal.kill_pool()
    start_pool()
    return True


def restart_pool() -> bool:
    """Stop the pool and start it again."""
    personal.stop_pool()
    start_pool()
    return True


def lock_storage(study: Study) -> bool:
    """Lock the database, like another program would, for longer than any process waits for it."""
    other = sqlite3.connect(study.paths.database, timeout=30)
    other.execute("BEGIN EXCLUSIVE")
    time.sleep(15)
    other.close()
    return True


def lose_storage(study: Study) -> bool:
    """Move the database away for a while."""
    aside = study.paths.database.with_name("aside")
    with locked(study.paths.storage_lock, wait=True):
        study.paths.database.rename(aside)
    time.sleep(5)
    with locked(study.paths.storage_lock, wait=True):
        aside.rename(study.paths.database)
    return True


def tear_storage(study: Study) -> bool:
    """Cut the database in half, and let `sweep repair` rebuild it."""
    with locked(study.paths.storage_lock, wait=True):
        os.truncate(study.paths.database, study.paths.database.stat().st_size // 2)
    time.sleep(3)
    return bool(repair_storage(study))


def stop_sweep(study: Study, *, now: bool) -> bool:
    """Stop the sweep; return whether it was running."""
    return stop.stop_sweep(study, now=now, say=lambda _: None)


def faults(study: Study, chance: random.Random) -> dict[str, tuple[int, Callable[[], bool]]]:
    """Return each fault: its weight, and a function that causes it and returns whether it hit anything."""
    return {
        "soft eviction": (6, lambda: evict(study, chance)),
        "hard eviction": (6, lambda: evict(study, chance, "-fast")),
        "kill a starter": (6, lambda: kill(chance, "condor_starter", most=3)),
        "kill a shadow": (3, lambda: kill(chance, "condor_shadow", most=3)),
        "kill a trainer": (4, lambda: kill(chance, "trainer trial.json")),
        "kill POST": (4, lambda: kill(chance, "./harvest", most=4)),
        "kill the one that answers": (4, lambda: kill(chance, "sweep.node serve")),
        "kill PRE": (4, lambda: kill(chance, "sweep.node propose")),
        "kill DAGMan": (4, lambda: kill(chance, "condor_dagman")),
        "kill schedd": (2, lambda: kill(chance, "condor_schedd")),
        "kill startd": (1, lambda: kill(chance, "condor_startd")),
        "power loss": (1, lose_power),
        "pool restart": (1, restart_pool),
        "storage locked": (1, lambda: lock_storage(study)),
        "storage gone": (1, lambda: lose_storage(study)),
        "storage torn": (1, lambda: tear_storage(study)),
        "sweep stop": (1, lambda: stop_sweep(study, now=False)),
        "sweep stop --now": (1, lambda: stop_sweep(study, now=True)),
    }
