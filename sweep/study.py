"""A study on disk: initialising its folder, and opening it again."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sweep import __version__, config, inputs, resources, sites
from sweep.changes import changes
from sweep.errors import ConfigError, StudyError
from sweep.files import write_json, write_text
from sweep.job_section import JobSection
from sweep.mounts import network_filesystem
from sweep.paths import CURRENT, RUNS, StudyPaths
from sweep.sections import StudyConfig

INITIALISED = "is initialised"


@dataclass(frozen=True)
class Study:
    """An initialised study: where it lies, its file, and what init recorded (id, data, hashes, versions)."""

    paths: StudyPaths
    config: StudyConfig
    provenance: dict[str, Any]

    @property
    def id(self) -> str:
        return str(self.provenance["id"])

    @property
    def storage_file(self) -> Path | None:
        """Where the Optuna storage lies; None where a database server has it."""
        return {"sqlite": self.paths.database, "journal": self.paths.journal}.get(self.config.study.storage)

    @property
    def storage_place(self) -> str:
        """The same for people."""
        return str(self.storage_file or self.config.study.storage)

    @property
    def storage_study(self) -> str:
        """Name of the study in its Optuna storage; on a server, where others have theirs, with the start of its id."""
        name = self.config.study.name
        return name if self.storage_file else f"{name}-{self.id[:8]}"

    @property
    def data(self) -> str:
        """Path or URL of the data, as jobs are to fetch it."""
        return self.config.job.data or self.data_here

    @property
    def data_here(self) -> str:
        """The same, as `[trainer] data` has it."""
        return str(self.provenance["data"])

    @property
    def job(self) -> JobSection:
        """`[job]`, its container as jobs are to fetch it."""
        return self.config.job.model_copy(update={"container_image": self.provenance["container"]})

    @property
    def weights(self) -> dict[str, str]:
        """Path or URL of the pretrained weights of each architecture that has some."""
        return dict(self.provenance.get("weights", {}))


def load(paths: StudyPaths) -> Study:
    """Open a study. Raises StudyError when it is not initialised."""
    try:
        provenance = json.loads(paths.provenance.read_text(encoding="utf-8"))
        if not isinstance(provenance, dict) or not {"id", "data"} <= set(provenance):
            raise ValueError("it lacks id or data")
    except FileNotFoundError:
        others = sorted(place.parent.name for place in RUNS.glob(f"*/{paths.provenance.name}"))
        here = f"Studies here are {', '.join(others)}: name one with --study. " if others else ""
        raise StudyError(
            f"{paths.root} is not an initialised study", f"{here}Type `sweep init study.toml` for another."
        ) from None
    except (OSError, ValueError) as error:
        raise StudyError(f"{paths.provenance} cannot be read: {error}", "Put it back from a copy.") from None
    if not paths.config.exists():
        raise StudyError(f"{paths.config} is gone", "Put the study file back there, as it was.")
    return Study(paths, config.load(paths.config, paths.site if paths.site.exists() else None), provenance)


def current(name: str | None) -> Study:
    """The study of this name below runs/, or the one that was initialised last.

    Raises StudyError when there is none.
    """
    if name is None:
        if not CURRENT.exists():
            raise StudyError(
                f"no study is initialised in {RUNS.absolute()}",
                "Type `sweep init` for a quickstart study, or change to the folder where you typed it.",
            )
        name = CURRENT.read_text().strip()
    return load(StudyPaths.named(name))


def initialise(file: Path, say: Callable[[str], None]) -> tuple[Study, str]:
    """Make the folder of a study and its Optuna study; also says in words what became of it.

    Killed at any point and typed again, it ends the same. A study that was never launched may be initialised again
    with another file; one that was takes up what may change. Raises ConfigError for a file that cannot be used, and for
    a change that cannot be, DataError when the data is not there, StorageError when the storage is not to be had.
    """
    wanted = config.load(file)
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
    fresh = not paths.provenance.exists() or (not paths.dag.exists() and load(paths).config != wanted)
    if fresh:
        data, weights = inputs.locate_data(wanted.trainer, file), inputs.locate_weights(wanted.trainer, file)
        container = inputs.locate_container(wanted.job, file)
        paths.root.mkdir(parents=True, exist_ok=True)
        paths.provenance.unlink(missing_ok=True)
        for stale in (paths.database, paths.journal, paths.data_sha256):
            stale.unlink(missing_ok=True)
        shutil.rmtree(paths.trainer, ignore_errors=True)
        confirmed = wanted.study.confirms
        trainer = StudyPaths.named(confirmed).trainer if confirmed else resources.folder("trainer")
        shutil.copytree(trainer, paths.trainer, ignore=shutil.ignore_patterns("__pycache__"))
        inputs.copy(wanted.trainer, file, paths.inputs)
        _keep_site(wanted, file, paths)
        write_text(paths.config, file.read_text(encoding="utf-8"))
        if data and not wanted.trainer.is_url:
            say(f"hashing {data}")
        study = Study(paths, wanted, _provenance(wanted, paths, data, weights, container))
        from sweep.search import Search

        Search.create(study).close()
        # Written last: a study without it is not initialised.
        write_json(paths.provenance, study.provenance)
        return make_current(load(paths)), INITIALISED
    there = load(paths)
    if there.config == wanted:
        _keep_site(wanted, file, paths)
        return make_current(there), "is there already"
    keys = take_up(there, wanted, file)
    return make_current(load(paths)), f"takes up what changed ({', '.join(keys)})"


def make_current(study: Study) -> Study:
    """Make a study the one that commands without --study mean; but a confirmation goes with the study it confirms."""
    if not study.config.study.confirms:
        write_text(CURRENT, study.config.study.name + "\n")
    return study


def take_up(there: Study, wanted: StudyConfig, file: Path) -> list[str]:
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
    container = inputs.locate_container(wanted.job, file)
    write_json(there.paths.provenance, there.provenance | {"changes": recorded, "container": container})
    _keep_site(wanted, file, there.paths)
    write_text(there.paths.config, text)
    return keys


def _keep_site(wanted: StudyConfig, file: Path, paths: StudyPaths) -> None:
    """Have the site's file as it is now with the study."""
    if wanted.job.site is None:
        paths.site.unlink(missing_ok=True)
    else:
        write_text(paths.site, sites.file_of(wanted.job.site, file.parent).read_text(encoding="utf-8"))


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
        "commit": _commit(),
        "trainer_sha256": inputs.tree_sha256(paths.inputs if wanted.trainer.command else paths.trainer),
        "data": data,
        "weights": weights,
        "container": container,
        "file_sha256": inputs.file_sha256(Path(data)) if data and Path(data).is_file() else None,
        "data_sha256": None if wanted.trainer.is_url or not data else inputs.tree_sha256(Path(data)),
    }


def _commit() -> str | None:
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
