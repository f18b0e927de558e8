"""Creates a study's folder from a study file, or updates it when the file has changed."""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sweep import __version__
from sweep.config.changes import changes
from sweep.config.load import load_config
from sweep.config.sections import StudyConfig
from sweep.config.sites import site_file
from sweep.control.dag_folder import refresh_submit_description
from sweep.errors import ConfigError, StudyError
from sweep.paths import CURRENT, StudyPaths
from sweep.resources import PACKAGE, resource_folder
from sweep.study.folder_names import check_path
from sweep.study.inputs import copy_inputs, file_sha256, locate_container, locate_data, locate_weights, tree_sha256
from sweep.study.place import find_place, folder_record, require_no_copy
from sweep.study.study import Study, load_study, new_id
from sweep.system.files import write_json, write_text
from sweep.system.filesystems import network_filesystem
from sweep.system.lock_wait import hold_lock

INITIALISED = "is initialised"


def initialise(file: Path, say: Callable[[str], None]) -> tuple[Study, str]:
    """Create a study's folder and its Optuna study from a study file; return the study, and what happened as text.

    Killed at any point and run again, it ends the same. A study that was never launched may be initialised again with
    another file. One that was launched is updated, as far as its values stay comparable. Raises ConfigError for a file
    or a change that cannot be used, DataError if the data is missing, StorageError if the storage cannot be used,
    StudyError if the folder cannot be used, or if another command that changes the study does not end.
    """
    config = load_config(file)
    paths = StudyPaths.named(config.study.name)
    _check_folder(file, config, paths)
    # Before the folder is made: a study file that cannot be used leaves none.
    inputs = None if paths.provenance.exists() else _locate_inputs(file, config)
    make_folder(paths.root)
    with hold_lock(paths.launch_lock, say):
        study, state = _initialise(file, config, paths, inputs, say)
        refresh_submit_description(study)
        return _make_current(study), state


def _initialise(
    file: Path, config: StudyConfig, paths: StudyPaths, inputs: Mapping[str, Any] | None, say: Callable[[str], None]
) -> tuple[Study, str]:
    """Create or update a study. The caller holds the launch lock."""
    if _is_new(config, paths):
        _create(file, config, paths, inputs or _locate_inputs(file, config), say)
        return load_study(paths), INITIALISED
    study = load_study(paths)
    require_no_copy(study)
    if study.config == config:
        _keep_site(config, file, paths)
        return study, "is unchanged"
    keys = update_study(study, config, file)
    return load_study(paths), f"is updated ({', '.join(keys)})"


def _is_new(config: StudyConfig, paths: StudyPaths) -> bool:
    """Return whether to create the study. One that was never launched is created again if its file or its folder is
    another.

    Raises StudyError if there are trials of a study whose provenance.json is lost.
    """
    if paths.dag.exists() or paths.trial_numbers():
        if not paths.provenance.exists():
            raise StudyError(
                f"{paths.root} has trials, but its provenance.json is missing",
                f"Restore that file from a backup. To start over, run: rm -r {shlex.quote(str(paths.root))}",
            )
        return False
    if not paths.provenance.exists():
        return True
    study = load_study(paths)
    return study.config != config or find_place(study).kind == "copy"


def make_folder(folder: Path) -> None:
    """Create a study's folder. Raises StudyError, with the reason, if that cannot be."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        broken = next((parent for parent in (folder, *folder.parents) if os.path.lexists(parent)), folder)
        if broken.is_symlink() and not broken.exists():
            raise StudyError(
                f"{broken} is a symbolic link to a folder that does not exist",
                f"Create that folder, run: mkdir -p {shlex.quote(os.path.realpath(broken))}",
            ) from None
        if not broken.is_dir():
            raise StudyError(
                f"{broken} is a file, where sweep needs a folder", "Rename the file, or work in another folder."
            ) from None
        raise StudyError(
            f"cannot create {folder}: {error.strerror}", f"See the permissions, run: ls -ld {shlex.quote(str(broken))}"
        ) from None


def _check_folder(file: Path, config: StudyConfig, paths: StudyPaths) -> None:
    """Raise ConfigError if HTCondor or SQLite cannot work in the current folder."""
    check_path(paths.root, "folder")
    kind = network_filesystem(Path.cwd()) if config.study.storage == "sqlite" else ""
    if kind:
        raise ConfigError(
            f"{file}: [study] storage: a network file system can damage an SQLite database, and {Path.cwd()} is on one "
            f"({kind})",
            'Set storage = "journal", or work in a folder on a local disk.',
        )


def _create(
    file: Path, config: StudyConfig, paths: StudyPaths, inputs: Mapping[str, Any], say: Callable[[str], None]
) -> None:
    """Write a study's folder; provenance.json comes last, and a study without it is not initialised."""
    from sweep.optimizer.stored_study import StoredStudy

    for stale in (paths.provenance, paths.database, paths.journal, paths.data_sha256):
        stale.unlink(missing_ok=True)
    _copy_trainer(config, paths)
    copy_inputs(config.trainer, file, paths.inputs)
    _keep_site(config, file, paths)
    write_text(paths.config, file.read_text(encoding="utf-8"))
    if inputs["data"] and not config.trainer.is_url:
        say(f"hashing {inputs['data']}")
    study = Study(paths, config, _provenance(config, paths, inputs))
    with hold_lock(paths.storage_lock, say):
        StoredStudy.create(study).close()
    write_json(paths.provenance, study.provenance)


def _locate_inputs(file: Path, config: StudyConfig) -> dict[str, Any]:
    """Return where data, weights and container are. Raises DataError if one is missing."""
    return {
        "data": locate_data(config.trainer, file),
        "weights": locate_weights(config.trainer, file),
        "container": locate_container(config.job, file),
    }


def _copy_trainer(config: StudyConfig, paths: StudyPaths) -> None:
    """Copy the shipped trainer, so that all trials run the same code; a confirmation runs the code of its study."""
    confirmed = config.study.confirms
    source = StudyPaths.named(confirmed).trainer if confirmed else resource_folder("trainer")
    shutil.rmtree(paths.trainer, ignore_errors=True)
    shutil.copytree(source, paths.trainer, ignore=shutil.ignore_patterns("__pycache__"))


def _make_current(study: Study) -> Study:
    """Make a study the default of commands without --study. A confirmation leaves the default to its study."""
    if not study.config.study.confirms:
        write_text(CURRENT, study.config.study.name + "\n")
    return study


def update_study(study: Study, config: StudyConfig, file: Path) -> list[str]:
    """Replace a study's file by a changed one; return the keys that differ. The next proposal uses the new file.

    provenance.json records each change, with the file before it. Raises ConfigError, with the reasons, for keys that
    may not change once there are trials.
    """
    found = changes(study.config, config)
    if refused := [change for change in found if change.reason]:
        raise ConfigError(
            "\n".join(f"{file}: {change.key} may not change: {change.reason}" for change in refused),
            f"Keep the study as it is (its file is {study.paths.config}), or choose another [study] name. To start "
            f"over, stop its sweep, then run: rm -r {shlex.quote(str(study.paths.root))}",
        )
    keys = [change.key for change in found]
    container = locate_container(config.job, file)
    # Recorded before the file changes, so that a kill in between loses no record.
    write_json(
        study.paths.provenance,
        study.provenance | {"changes": _recorded_changes(study, file, keys), "container": container},
    )
    _keep_site(config, file, study.paths)
    write_text(study.paths.config, file.read_text(encoding="utf-8"))
    return keys


def _recorded_changes(study: Study, file: Path, keys: list[str]) -> list[dict[str, Any]]:
    """Return the changes of a study with this one, which is recorded once however often it is killed and run again."""
    recorded = list(study.provenance.get("changes", []))
    digest = hashlib.sha256(file.read_text(encoding="utf-8").encode()).hexdigest()
    if not recorded or recorded[-1]["sha256"] != digest:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        before = study.paths.config.read_text(encoding="utf-8")
        recorded.append({"when": now, "keys": keys, "sha256": digest, "before": before})
    return recorded


def _keep_site(config: StudyConfig, file: Path, paths: StudyPaths) -> None:
    """Copy the file of the study's site into the study, as it is now."""
    if config.job.site is None:
        paths.site.unlink(missing_ok=True)
    else:
        write_text(paths.site, site_file(config.job.site, file.parent).read_text(encoding="utf-8"))


def _provenance(config: StudyConfig, paths: StudyPaths, inputs: Mapping[str, Any]) -> dict[str, Any]:
    data = inputs["data"]
    return {
        "id": new_id(config.study.name),
        **folder_record(paths),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {
            "sweep": __version__,
            "python": sys.version.split()[0],
            **{name: version(name) for name in ("optuna", "htcondor")},
        },
        "commit": sweep_commit(),
        "trainer_sha256": tree_sha256(paths.inputs if config.trainer.command else paths.trainer),
        **inputs,
        "file_sha256": file_sha256(Path(data)) if data and Path(data).is_file() else None,
        "data_sha256": None if config.trainer.is_url or not data else tree_sha256(Path(data)),
    }


def sweep_commit() -> str | None:
    """Return the commit of the checkout that sweep runs from, None if it is installed from a wheel."""
    command = ["git", "-C", str(PACKAGE.parent), "rev-parse", "HEAD"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
