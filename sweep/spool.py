"""Brings home the checkpoints that HTCondor keeps for jobs, before these are removed: it drops them with the job."""

from __future__ import annotations

import shutil
from pathlib import Path

from sweep import condor, joblog
from sweep.paths import StudyPaths


def fetch(paths: StudyPaths, jobs: dict[int, int]) -> None:
    """Copy what jobs have handed over, of trials by number and their clusters, beside the trials' own files.

    Theirs they become by `put_in_place`, when it is known that the jobs were removed and did not end by themselves.
    """
    for number, cluster in jobs.items():
        kept = paths.spooled / f"{number}.{cluster}"
        copied = condor.copy_evicted_files(cluster, _empty(paths.spooled / "copying"))
        if copied:
            shutil.rmtree(kept, ignore_errors=True)
            copied.rename(kept)


def _empty(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def put_in_place(paths: StudyPaths) -> None:
    """Give trials what `fetch` kept of their last jobs. Killed at any point and called again, it ends the same."""
    for kept in paths.spooled.glob("*.*"):
        number, cluster = map(int, kept.name.split("."))
        files = paths.trial(number)
        history = joblog.read(files.job_log)
        if not files.result.exists() and history.removed and history.cluster == cluster:
            for output in files.outputs:
                if (kept / output.name).exists():
                    (kept / output.name).replace(output)
    shutil.rmtree(paths.spooled, ignore_errors=True)
