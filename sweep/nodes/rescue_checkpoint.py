"""Rescues the checkpoints of jobs that will be removed: HTCondor keeps them in its spool, and deletes them then.

`sweep stop` uses it, and the HOLD script of a trial, whose job HTCondor removes after a while. Standard library only.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

from sweep.nodes.lanes import trial_of_lane
from sweep.nodes.script import limit_time
from sweep.paths import StudyPaths, TrialPaths
from sweep.pool import schedd
from sweep.system.files import locked
from sweep.trial.event_log import read_event_log


def rescue_checkpoint(paths: StudyPaths, number: int, cluster: int) -> None:
    """Copy the last checkpoint of a trial's job from the schedd to a folder of its own.

    `restore_checkpoints` moves it to the trial once the job has been removed: the job may still end by itself, and then
    its own files are newer.
    """
    copying, rescued = paths.spooled / f".{number}", paths.spooled / f"{number}.{cluster}"
    # `sweep stop` and a HOLD script may rescue the same one.
    with locked(paths.spooled / ".lock", wait=True):
        shutil.rmtree(copying, ignore_errors=True)
        copying.mkdir(parents=True)
        if copied := schedd.copy_evicted_files(cluster, copying):
            shutil.rmtree(rescued, ignore_errors=True)
            copied.rename(rescued)
        shutil.rmtree(copying)


def restore_checkpoints(paths: StudyPaths, numbers: Iterable[int], *, moved: bool = False) -> None:
    """Move rescued checkpoints to the trials whose last jobs were removed, and delete the others.

    Where a study was `moved` while its jobs ran, their logs do not say that they were removed, and nothing that they
    sent has come. After a kill at any point, a second call ends the same.
    """
    for number in numbers:
        files = paths.trial(number)
        for rescued in paths.spooled.glob(f"{number}.*"):
            history = read_event_log(files.job_log)
            is_last = history.cluster == int(rescued.suffix[1:])
            if not files.result.exists() and (moved or (history.removed and is_last)):
                _move_outputs(rescued, files)
            shutil.rmtree(rescued)


def _move_outputs(rescued: Path, files: TrialPaths) -> None:
    printed = {"_condor_stdout": files.stdout, "_condor_stderr": files.stderr}
    for output in rescued.iterdir():
        target = printed.get(output.name, files.root / output.name)
        if output.is_symlink() or (output.name.startswith("_condor_") and output.name not in printed):
            continue
        try:
            if output.is_dir():
                shutil.copytree(output, target, symlinks=True, ignore=_odd_files, dirs_exist_ok=True)
            elif output.is_file():
                _replace(output, target)
        except (shutil.Error, PermissionError, FileExistsError, NotADirectoryError) as error:
            # Due to what the job left. The other files may still be good.
            print(f"{output} could not be restored: {error}", file=sys.stderr)


def _odd_files(folder: str, names: list[str]) -> list[str]:
    """Return the names in a folder that are neither files nor folders."""
    paths = {name: Path(folder, name) for name in names}
    return [name for name, path in paths.items() if path.is_symlink() or not (path.is_file() or path.is_dir())]


def _replace(output: Path, target: Path) -> None:
    """Move a file to a place where an earlier job may have left a folder."""
    if target.is_dir() and not target.is_symlink():
        shutil.rmtree(target)
    output.replace(target)


def main(words: list[str]) -> None:
    """Run `keep STUDY TRIAL CLUSTER`, or `keep STUDY LANE CLUSTER`: the HOLD script of a node."""
    folder, who, cluster = words
    paths = StudyPaths(Path(folder).resolve())
    limit_time()
    number = int(who) if who.isdigit() else trial_of_lane(paths, who)
    rescue_checkpoint(paths, number, int(cluster))
