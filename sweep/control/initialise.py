"""Creates a study's folder from a study file, or updates it when the file has changed."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sweep import __version__, resources
from sweep.config.changes import changes
from sweep.config.load import load_config
from sweep.config.sections import StudyConfig
from sweep.config.sites import site_file
from sweep.errors import ConfigError
from sweep.paths import CURRENT, StudyPaths
from sweep.resources import resource_folder
from sweep.study.inputs import copy_inputs, file_sha256, locate_container, locate_data, locate_weights, tree_sha256
from sweep.study.study import Study, load_study
from sweep.system.files import write_json, write_text
from sweep.system.filesystems import network_filesystem

INITIALISED = "is initialised"


def initialise(file: Path, say: Callable[[str], None]) -> tuple[Study, str]:
    """Make the folder of a study and its Optuna study; also says in words what became of it.

    Killed at any point and typed again, it ends the same. A study that was never launched may be initialised again
    with another file; one that was takes up what may change. Raises ConfigError for a file that cannot be used, and for
    a change that cannot be, DataError when the data is not there, StorageError when the storage is not to be had.
    """
    wanted = load_config(file)
    paths = StudyPaths.named(wanted.study.name)
    if "\\" in str(paths.root) or not str(paths.root).isprintable():
        raise ConfigError(
            f"HTCondor cannot work in the folder {str(paths.root)!r}", "Choose one without odd characters."
        )
    kind = network_filesystem(Path.cwd()) if wanted.study.storage == "sqlite" else ""
    if kind:
        raise ConfigError(
            f"{file}: [study] storage: an SQLite database may be damaged on a network file system, and {Path.cwd()} is "
            f"on one ({kind})",
            'Set storage = "journal", or work in a folder on a local disk.',
        )
    fresh = not paths.provenance.exists() or (not paths.dag.exists() and load_study(paths).config != wanted)
    if fresh:
        data, weights = locate_data(wanted.trainer, file), locate_weights(wanted.trainer, file)
        container = locate_container(wanted.job, file)
        paths.root.mkdir(parents=True, exist_ok=True)
        paths.provenance.unlink(missing_ok=True)
        for stale in (paths.database, paths.journal, paths.data_sha256):
            stale.unlink(missing_ok=True)
        shutil.rmtree(paths.trainer, ignore_errors=True)
        confirmed = wanted.study.confirms
        trainer = StudyPaths.named(confirmed).trainer if confirmed else resource_folder("trainer")
        shutil.copytree(trainer, paths.trainer, ignore=shutil.ignore_patterns("__pycache__"))
        copy_inputs(wanted.trainer, file, paths.inputs)
        _keep_site(wanted, file, paths)
        write_text(paths.config, file.read_text(encoding="utf-8"))
        if data and not wanted.trainer.is_url:
            say(f"hashing {data}")
        study = Study(paths, wanted, _provenance(wanted, paths, data, weights, container))
        from sweep.optimizer.stored_study import StoredStudy

        StoredStudy.create(study).close()
        # Written last: a study without it is not initialised.
        write_json(paths.provenance, study.provenance)
        return make_current(load_study(paths)), INITIALISED
    there = load_study(paths)
    if there.config == wanted:
        _keep_site(wanted, file, paths)
        return make_current(there), "is there already"
    keys = update_study(there, wanted, file)
    return make_current(load_study(paths)), f"takes up what changed ({', '.join(keys)})"


def make_current(study: Study) -> Study:
    """Make a study the one that commands without --study mean; but a confirmation goes with the study it confirms."""
    if not study.config.study.confirms:
        write_text(CURRENT, study.config.study.name + "\n")
    return study


def update_study(there: Study, wanted: StudyConfig, file: Path) -> list[str]:
    """Put a changed study file in place of the one that the study has; the keys that differ.

    The next proposal goes by it. What changed when is recorded in provenance.json. Raises ConfigError for what may not
    change once there are trials, with the reason.
    """
    found = changes(there.config, wanted)
    if refused := [change for change in found if change.reason]:
        raise ConfigError(
            "\n".join(f"{file}: {change.key} may not change: {change.reason}" for change in refused),
            f"Go on with the study as it is (its file is {there.paths.config}), choose another [study] name, or remove "
            f"{there.paths.root} to start it over.",
        )
    text, keys = file.read_text(encoding="utf-8"), [change.key for change in found]
    digest = hashlib.sha256(text.encode()).hexdigest()
    recorded = list(there.provenance.get("changes", []))
    # Recorded first, and once, however often this is killed and typed again.
    if not recorded or recorded[-1]["sha256"] != digest:
        now = datetime.now(UTC).isoformat(timespec="seconds")
        before = there.paths.config.read_text(encoding="utf-8")
        recorded.append({"when": now, "keys": keys, "sha256": digest, "before": before})
    container = locate_container(wanted.job, file)
    write_json(there.paths.provenance, there.provenance | {"changes": recorded, "container": container})
    _keep_site(wanted, file, there.paths)
    write_text(there.paths.config, text)
    return keys


def _keep_site(wanted: StudyConfig, file: Path, paths: StudyPaths) -> None:
    """Have the site's file as it is now with the study."""
    if wanted.job.site is None:
        paths.site.unlink(missing_ok=True)
    else:
        write_text(paths.site, site_file(wanted.job.site, file.parent).read_text(encoding="utf-8"))


def _provenance(
    wanted: StudyConfig, paths: StudyPaths, data: str, weights: dict[str, str], container: str | None
) -> dict[str, Any]:
    return {
        "id": uuid.uuid4().hex,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {
            "sweep": __version__,
            "python": sys.version.split()[0],
            **{name: version(name) for name in ("optuna", "htcondor")},
        },
        "commit": sweep_commit(),
        "trainer_sha256": tree_sha256(paths.inputs if wanted.trainer.command else paths.trainer),
        "data": data,
        "weights": weights,
        "container": container,
        "file_sha256": file_sha256(Path(data)) if data and Path(data).is_file() else None,
        "data_sha256": None if wanted.trainer.is_url or not data else tree_sha256(Path(data)),
    }


def sweep_commit() -> str | None:
    """Commit of the checkout that sweep runs from; None where it is installed from a wheel."""
    try:
        done = subprocess.run(
            ["git", "-C", str(resources.PACKAGE.parent), "rev-parse", "HEAD"],
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
