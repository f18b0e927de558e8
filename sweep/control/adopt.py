"""Makes a copy of a study a study of its own, with an id that no job of the original has."""

from __future__ import annotations

import shutil
from collections.abc import Callable

from sweep.control.repair import rebuild_storage
from sweep.errors import StudyError
from sweep.paths import StudyPaths
from sweep.pool import schedd
from sweep.pool.connect import connect
from sweep.study.commands import next_launch
from sweep.study.place import FOLDER, find_place, folder_record
from sweep.study.study import Study, load_study, new_id
from sweep.system.files import write_json
from sweep.system.lock_wait import hold_lock

ADOPTING = "adopting"
"""The key of provenance.json with the new id of a copy, until the copy is a study of its own."""


def adopt(study: Study, say: Callable[[str], None]) -> tuple[Study, list[str]]:
    """Give a copy of a study an id and a storage of its own; return it, and how its storage differed from its files.

    Killed at any point and run again, it ends the same. Raises StudyError if the study is no copy, or if the folder of
    a trial is missing; StorageError if its storage cannot be written.
    """
    paths = study.paths
    with hold_lock(paths.launch_lock, say), hold_lock(paths.storage_lock, say):
        study = load_study(paths)
        _check_copy(study)
        provenance = study.provenance | {ADOPTING: study.provenance.get(ADOPTING) or new_id(study.config.study.name)}
        # Recorded first: after a kill, a database server has no storage of an id that nobody knows.
        write_json(paths.provenance, provenance)
        forget_jobs(paths)
        copied_from = {"id": study.id, "folder": provenance.get(FOLDER)}
        provenance |= {"id": provenance.pop(ADOPTING), "copied_from": copied_from} | folder_record(paths)
        different = rebuild_storage(Study(paths, study.config, provenance), say)
        write_json(paths.provenance, provenance)
    return load_study(paths), different


def _check_copy(study: Study) -> None:
    """Raise StudyError if the study is no copy. Without HTCondor, only provenance.json shows what it is."""
    if find_place(study).kind == "copy":
        return
    connect()
    if find_place(study, schedd.queued_jobs(study.id)).kind != "copy":
        raise StudyError(
            f"the study in {study.paths.root} is no copy: it is a study of its own already",
            f"Next: {next_launch(study)}",
        )


def forget_jobs(paths: StudyPaths) -> None:
    """Remove what the original's jobs left in dag/: DAGMan's files, requests of scripts, notes.

    What the last launch planned stays, for the line to type next, and so do the logs of the scripts. The next launch
    writes the other files.
    """
    kept = {paths.planned, paths.ended, paths.lanes, paths.propose_log, paths.harvest_log}
    for entry in paths.dag.iterdir() if paths.dag.is_dir() else []:
        if entry in kept:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
