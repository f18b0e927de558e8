"""The folder of an export: written whole, and never over files that no export wrote."""

from __future__ import annotations

import json
import os
import shlex
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from sweep.errors import StudyError
from sweep.system.files import write_json

RECORD = "export.json"
"""The file in which an export records its origin and the names of its files."""

NEW = ".new"
"""Ending of the folder in which an export is prepared; a kill may leave it."""


@contextmanager
def export_folder(into: Path, origin: Mapping[str, Any]) -> Iterator[Path]:
    """Yield an empty folder, whose files are in the folder `into` after the block; `origin` goes into its record.

    A new folder appears whole or not at all. The files of an earlier export are replaced. Raises StudyError if `into`
    has files that no export wrote.
    """
    is_new = not os.path.lexists(into)
    earlier = set() if is_new else _earlier_files(into, origin["trial"])
    prepared = into.with_name(f".{into.name}{NEW}") if is_new else into / NEW
    shutil.rmtree(prepared, ignore_errors=True)
    prepared.mkdir(parents=True)
    try:
        yield prepared
        record = {**origin, "files": sorted(_files(prepared))}
        if is_new:
            write_json(prepared / RECORD, record)
            prepared.rename(into)
        else:
            _replace(into, prepared, earlier, record)
    finally:
        shutil.rmtree(prepared, ignore_errors=True)


def _replace(into: Path, prepared: Path, earlier: set[str], record: dict[str, Any]) -> None:
    """Move the prepared files into a folder. At each moment its record names all files there, if this is killed."""
    names = record["files"]
    write_json(into / RECORD, {**record, "files": sorted(earlier.union(names))})
    for folder in sorted(entry for entry in prepared.rglob("*") if entry.is_dir()):
        (into / folder.relative_to(prepared)).mkdir(exist_ok=True)
    for name in names:
        (prepared / name).replace(into / name)
    for name in earlier.difference(names):
        (into / name).unlink(missing_ok=True)
    write_json(into / RECORD, record)


def _earlier_files(into: Path, trial: int) -> set[str]:
    """Return the names of the files of an earlier export. Raises StudyError if the folder has others."""
    free = next(name for number in count(2) if not os.path.lexists(name := f"{into}-{number}"))
    advice = f"To use another folder, run: sweep best --trial {trial} --export {shlex.quote(free)}"
    if not into.is_dir():
        raise StudyError(f"{into} is no folder", advice)
    entries = sorted(entry.name for entry in into.iterdir() if entry.name != NEW)
    known = _recorded(into / RECORD)
    foreign = entries if known is None else sorted(_files(into) - known - {RECORD})
    if foreign:
        more = f" and {len(foreign) - 1} more" if len(foreign) > 1 else ""
        raise StudyError(
            f"{into} is not empty: it has {foreign[0]}{more}, which `sweep best --export` did not write",
            f"Move that away. {advice}",
        )
    return known or set()


def _recorded(record: Path) -> set[str] | None:
    """Return the names of the files of an export, None if there is no record of one."""
    try:
        return set(map(str, json.loads(record.read_text(encoding="utf-8"))["files"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _files(folder: Path) -> set[str]:
    """Return the names of all files in a folder, but for what Python and a killed export leave there."""
    names = (entry.relative_to(folder) for entry in folder.rglob("*") if entry.is_symlink() or not entry.is_dir())
    return {str(name) for name in names if name.parts[0] != NEW and "__pycache__" not in name.parts}
