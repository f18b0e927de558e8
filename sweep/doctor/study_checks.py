"""Checks a study on this machine: its folder, its disk space, and its jobs' input files."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from pathlib import Path

from sweep.doctor.disk_space import free_space, judge_space
from sweep.doctor.finding import Finding, error, ok, warning
from sweep.pool.classads import Ad
from sweep.study.commands import study_command
from sweep.study.place import place_note
from sweep.study.study import Study, planned_generations
from sweep.study.tried import last_try
from sweep.system.filesystems import network_filesystem
from sweep.units import readable_bytes

ASSUMED_GENERATIONS = 5
"""The number of generations assumed for a study that was never launched."""


NAMED = 5
"""How many missing or unreadable files are named, at most."""


LARGE_BYTES = 10**9
"""The access point should not send more input to each job."""


def check_place(study: Study) -> Iterator[Finding]:
    """Check that the study is neither a copy nor was moved while its sweep runs: most commands refuse then."""
    if note := place_note(study):
        what, _, advice = note.partition(". ")
        yield error(what, advice)


def check_folder(study: Study) -> Iterator[Finding]:
    """Check that DAGMan and the storage work in the study's folder."""
    root = study.paths.root
    kind = network_filesystem(root)
    if not os.access(root, os.W_OK | os.X_OK):
        yield error(
            f"you have no permission to write to {root}",
            f"Work in another folder, or run: chmod u+rwx {shlex.quote(str(root))}",
        )
    elif kind and study.config.study.storage == "sqlite":
        yield error(
            f"{root} is on a network file system ({kind}), which can damage an SQLite database",
            'Move the study to a local disk, or start a new one with [study] storage = "journal".',
        )
    elif kind == "afs":
        yield error(f"{root} is on AFS, and the workflow's scripts have no AFS token", "Work in another folder.")
    elif root.is_relative_to("/tmp"):  # noqa: S108
        yield warning(f"{root} is in /tmp, which a reboot empties", "Keep studies in your home directory.")
    else:
        yield ok(f"{root} suits the workflow and the storage")


def check_disk_space(study: Study) -> Iterator[Finding]:
    """Check that the checkpoints of all remaining trials fit on the disk and in the quota."""
    trials = [study.paths.trial(number) for number in study.paths.trial_numbers()]
    sizes = [trial.checkpoint.stat().st_size for trial in trials if trial.checkpoint.exists()]
    tried = last_try(study)
    source = "as the largest so far" if any(sizes) else "as in `sweep try`"
    checkpoint = max(sizes, default=0) or (tried.checkpoint_bytes if tried else 0)
    space = free_space(study.paths.root)
    generations = planned_generations(study.paths) or ASSUMED_GENERATIONS
    if not study.config.trainer.has_checkpoints:
        yield ok(f"{space}; trials save no checkpoints")
    elif not checkpoint:
        yield warning(
            f"{space}; the size of a checkpoint is unknown", f"To measure it, run: {study_command(study, 'try')}"
        )
    else:
        remaining = max(0, generations * study.config.study.trials_per_generation - sum(size > 0 for size in sizes))
        yield judge_space(space, checkpoint, remaining, source)


def check_inputs(job: Ad) -> Iterator[Finding]:
    """Check that a job's input files exist and are readable, and how large they are."""
    inputs = [name.strip() for name in str(job.get("TransferInput", "")).split(",") if name.strip()]
    local = [Path(str(job["Iwd"]), name) for name in inputs if "://" not in name]
    files = [file for path in local for file in (path.rglob("*") if path.is_dir() else [path])]
    missing = [file for file in files if not file.exists()]
    unreadable = [file for file in files if file.exists() and not os.access(file, os.R_OK)]
    total = sum(file.stat().st_size for file in files if file.is_file())
    for file in missing[:NAMED]:
        yield error(f"the jobs' input file {file} is missing", "Put it back, or name another file in study.toml.")
    for file in unreadable[:NAMED]:
        yield error(f"the jobs' input file {file} is not readable", f"Run: chmod u+r {shlex.quote(str(file))}")
    if total > LARGE_BYTES:
        yield warning(
            f"the access point sends {readable_bytes(total)} of input files to each job",
            "Name large data and containers by URL (osdf://, https://): jobs fetch them from caches nearby.",
        )
    elif not missing and not unreadable:
        urls = len(inputs) - len(local)
        fetched = f", and the job fetches {urls} by URL" if urls else ""
        yield ok(f"the access point sends {readable_bytes(total)} of input files to each job{fetched}")
