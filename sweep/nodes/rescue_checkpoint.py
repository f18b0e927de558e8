"""Rescues the checkpoints of jobs that will be removed: HTCondor keeps them in its spool, and deletes them then.

`sweep stop` uses it, and the HOLD script of a trial, whose job HTCondor removes after a while. Standard library only.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from pathlib import Path

from sweep.nodes.lanes import trial_of_lane
from sweep.paths import StudyPaths, TrialPaths
from sweep.pool import schedd
from sweep.trial.event_log import read_event_log


def rescue_checkpoint(paths: StudyPaths, number: int, cluster: int) -> None:
    """Copy the last checkpoint of a trial's job from the schedd to a folder of its own.

    `restore_checkpoints` moves it to the trial once the job has been removed: the job may still end by itself, and then
    its own files are newer.
    """
    copying, rescued = paths.spooled / f".{number}", paths.spooled / f"{number}.{cluster}"
    shutil.rmtree(copying, ignore_errors=True)
    copying.mkdir(parents=True)
    if copied := schedd.copy_evicted_files(cluster, copying):
        shutil.rmtree(rescued, ignore_errors=True)
        copied.rename(rescued)
    shutil.rmtree(copying)


def restore_checkpoints(paths: StudyPaths, numbers: Iterable[int]) -> None:
    """Move rescued checkpoints to the trials whose last jobs were removed, and delete the others.

    After a kill at any point, a second call ends the same.
    """
    for number in numbers:
        files = paths.trial(number)
        for rescued in paths.spooled.glob(f"{number}.*"):
            history = read_event_log(files.job_log)
            if not files.result.exists() and history.removed and history.cluster == int(rescued.suffix[1:]):
                _move_outputs(rescued, files)
            shutil.rmtree(rescued)


def _move_outputs(rescued: Path, files: TrialPaths) -> None:
    for output in rescued.iterdir():
        if output.is_dir():
            shutil.copytree(output, files.root / output.name, dirs_exist_ok=True)
        elif not output.name.startswith("_condor_"):
            output.replace(files.root / output.name)


def main(words: list[str]) -> None:
    """Run `keep STUDY TRIAL CLUSTER`, or `keep STUDY LANE CLUSTER`: the HOLD script of a node."""
    folder, who, cluster = words
    paths = StudyPaths(Path(folder).resolve())
    number = int(who) if who.isdigit() else trial_of_lane(paths, who)
    rescue_checkpoint(paths, number, int(cluster))
