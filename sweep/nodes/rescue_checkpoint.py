"""Brings home the checkpoints that HTCondor keeps for jobs, before these are removed: it drops them with the job.

Also the HOLD script of a trial, whose job is held and will be removed. Standard library only.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from sweep.nodes.lanes import trial_of_lane
from sweep.paths import StudyPaths
from sweep.pool import schedd
from sweep.trial.event_log import read_event_log


def rescue_checkpoint(paths: StudyPaths, number: int, cluster: int) -> None:
    """Copy what a trial's job has handed over beside the trial's own files.

    Theirs it becomes by `put_in_place`, when it is known that the job was removed and did not end by itself.
    """
    copying, kept = paths.spooled / f".{number}", paths.spooled / f"{number}.{cluster}"
    shutil.rmtree(copying, ignore_errors=True)
    copying.mkdir(parents=True)
    if copied := schedd.copy_evicted_files(cluster, copying):
        shutil.rmtree(kept, ignore_errors=True)
        copied.rename(kept)
    shutil.rmtree(copying)


def restore_checkpoints(paths: StudyPaths, numbers: Iterable[int]) -> None:
    """Give trials what `fetch` kept of their last jobs. Killed at any point and called again, it ends the same."""
    for number in numbers:
        files = paths.trial(number)
        for kept in paths.spooled.glob(f"{number}.*"):
            history = read_event_log(files.job_log)
            if not files.result.exists() and history.removed and history.cluster == int(kept.suffix[1:]):
                for output in kept.iterdir():
                    if output.is_dir():
                        shutil.copytree(output, files.root / output.name, dirs_exist_ok=True)
                    elif not output.name.startswith("_condor_"):
                        output.replace(files.root / output.name)
            shutil.rmtree(kept)


def main(words: list[str]) -> None:
    """`spool STUDY TRIAL CLUSTER`, or with a lane for the trial, as the DAG's HOLD script calls it."""
    folder, who, cluster = words
    paths = StudyPaths(Path(folder).resolve())
    number = int(who) if who.isdigit() else trial_of_lane(paths, who)
    rescue_checkpoint(paths, number, int(cluster))
