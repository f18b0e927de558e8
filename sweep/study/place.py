"""Where a study lies: in its own folder, in a copy of that, or in a folder that was moved."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from shlex import quote
from typing import Literal

from sweep.errors import StudyError
from sweep.paths import StudyPaths
from sweep.pool import schedd
from sweep.pool.schedd import Job
from sweep.study.commands import study_command
from sweep.study.study import Study
from sweep.system.files import write_json

FOLDER = "folder"
"""The key of provenance.json with the folder that the study was initialised in, or launched in last."""

INODE = "inode"
"""The key with the number of that folder in its file system, which a copy lacks."""


@dataclass(frozen=True)
class Place:
    """Where a study lies. `other` is the folder of the original of a copy, or the one from which a study was moved."""

    kind: Literal["own", "copy", "moved"] = "own"
    other: Path = Path()


def find_place(study: Study, queue: Sequence[Job] = ()) -> Place:
    """Return where a study lies. `queue` has the jobs with its id: they name a folder that provenance.json may not."""
    here, recorded = study.paths.root, str(study.provenance.get(FOLDER) or "")
    if recorded and is_same_folder(Path(recorded), here):
        return Place()
    launched = _launch_folders(queue)
    if any(is_same_folder(folder, here) for folder in launched):
        return Place()
    elsewhere = [*([Path(recorded)] if recorded else []), *launched]
    for folder in elsewhere:
        if _holds_study(folder, study.id):
            return Place("copy", folder)
    if not elsewhere:
        return Place()
    # Where the original is gone, a folder with another number is a copy that was made before.
    is_it = study.provenance.get(INODE) in (None, here.stat().st_ino)
    return Place("moved" if is_it else "copy", elsewhere[0])


def is_same_folder(one: Path, other: Path) -> bool:
    """Return whether two paths lead to one folder that exists."""
    try:
        return one.samefile(other)
    except OSError:
        return False


def _launch_folders(queue: Iterable[Job]) -> list[Path]:
    """Return the folders of the studies that these DAGMan jobs were launched from."""
    return [Path(job.folder).parent for job in queue if job.is_outer and job.folder]


def _holds_study(folder: Path, study_id: str) -> bool:
    """Return whether a folder holds the study of this id. A folder of another user that may not be read does."""
    try:
        return bool(json.loads(StudyPaths(folder).provenance.read_text(encoding="utf-8"))["id"] == study_id)
    except PermissionError:
        return True
    except (OSError, ValueError, KeyError, TypeError):
        return False


def folder_record(paths: StudyPaths) -> dict[str, str | int]:
    """Return what provenance.json says about the folder that a study lies in now."""
    return {FOLDER: str(paths.root.resolve()), INODE: paths.root.stat().st_ino}


def record_folder(study: Study) -> Study:
    """Record that the study lies in its present folder, and return it. The caller holds the launch lock."""
    here = folder_record(study.paths)
    if study.provenance.items() >= here.items():
        return study
    provenance = study.provenance | here
    write_json(study.paths.provenance, provenance)
    return replace(study, provenance=provenance)


def own_jobs(study: Study) -> list[Job]:
    """Return a study's jobs in the queue; none for a copy, because they are the original's.

    Raises PoolError if the schedd does not answer.
    """
    if find_place(study).kind == "copy":
        return []
    queue = schedd.queued_jobs(study.id)
    return [] if find_place(study, queue).kind == "copy" else queue


def require_no_copy(study: Study, queue: Sequence[Job] = ()) -> None:
    """Raise StudyError for a copy: a command that changes the study would change jobs or storage of the original."""
    if error := _copy_error(study, queue):
        raise error


def copy_note(study: Study, queue: Sequence[Job] = ()) -> str:
    """Return what a copy is a copy of, and what to type, '' if the study is no copy."""
    error = _copy_error(study, queue)
    return f"{error}. {error.advice}" if error else ""


def _copy_error(study: Study, queue: Sequence[Job]) -> StudyError | None:
    place = find_place(study, queue)
    if place.kind != "copy":
        return None
    return StudyError(
        f"{study.paths.root} is a copy of the study in {place.other}",
        f"To make it a study of its own, run: {study_command(study, 'adopt')}",
    )


def place_note(study: Study) -> str:
    """Return what is wrong with the folder that a study lies in, and what to type; '' if nothing is.

    Raises PoolError if the schedd does not answer.
    """
    if note := copy_note(study):
        return note
    if FOLDER in study.provenance and find_place(study).kind == "own":
        return ""
    queue = schedd.queued_jobs(study.id)
    if note := copy_note(study, queue) or moved_note(study, queue):
        return note
    place = find_place(study)
    return f"The study was moved here from {place.other}. The next launch records that." if place.other.name else ""


def moved_note(study: Study, queue: Sequence[Job]) -> str:
    """Return what to type when a study was moved while its sweep runs, '' if it was not."""
    place = find_place(study, queue)
    if place.kind != "moved" or not queue:
        return ""
    here = study.paths.root
    before, after = moved_part(place.other, here)
    back = f"move it back, run: mv {quote(str(after))} {quote(str(before))}\nTo "
    return (
        f"the study was moved from {place.other} to {here} while its sweep runs, "
        "and HTCondor's jobs use the old folder. "
        f"To {'' if os.path.lexists(before) else back}stop the sweep, run: {study_command(study, 'stop --now')}"
    )


def moved_part(before: Path, after: Path) -> tuple[Path, Path]:
    """Return the folder that was renamed, before and after: the paths without their common end."""
    while before.name == after.name and before != before.parent and after != after.parent:
        before, after = before.parent, after.parent
    return before, after
