"""A study on disk."""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sweep.config.job import JobSection
from sweep.config.load import load_config
from sweep.config.sections import StudyConfig
from sweep.config.text import did_you_mean
from sweep.errors import StudyError
from sweep.paths import CURRENT, RUNS, StudyPaths


@dataclass(frozen=True)
class Study:
    """An initialised study: its paths, its file, and what `sweep init` recorded (id, data, hashes, versions)."""

    paths: StudyPaths
    config: StudyConfig
    provenance: dict[str, Any]

    @property
    def id(self) -> str:
        """The study's own id, NAME-DIGITS, unlike that of any other study: HTCondor's jobs carry it."""
        return str(self.provenance["id"])

    @property
    def storage_file(self) -> Path | None:
        """The file of the Optuna storage, None if a database server has the storage."""
        return {"sqlite": self.paths.database, "journal": self.paths.journal}.get(self.config.study.storage)

    @property
    def storage_place(self) -> str:
        """The file or the URL of the Optuna storage, for messages."""
        return str(self.storage_file or self.config.study.storage)

    @property
    def storage_study(self) -> str:
        """The study's name in its Optuna storage. On a server, which others use too, the name ends with the id."""
        name = self.config.study.name
        if self.storage_file:
            return name
        # 0.1.0 made ids without the name.
        return self.id if self.id.startswith(f"{name}-") else f"{name}-{self.id[:8]}"

    @property
    def data(self) -> str:
        """Path or URL of the data, as jobs fetch it."""
        return self.config.job.data or self.data_here

    @property
    def data_here(self) -> str:
        """Path or URL of the data, as `[trainer] data` has it; '' if there is none."""
        return str(self.provenance["data"])

    @property
    def job(self) -> JobSection:
        """The section `[job]`, with the container's path or URL as jobs fetch it."""
        return self.config.job.model_copy(update={"container_image": self.provenance["container"]})

    @property
    def weights(self) -> dict[str, str]:
        """Path or URL of the pretrained weights, by architecture."""
        return dict(self.provenance.get("weights", {}))


def load_study(paths: StudyPaths) -> Study:
    """Return the study of these paths. Raises StudyError if it is not initialised, or if its files are damaged."""
    try:
        provenance = json.loads(paths.provenance.read_text(encoding="utf-8"))
        if not isinstance(provenance, dict) or not {"id", "data"} <= set(provenance):
            raise ValueError("it lacks id or data")
    except FileNotFoundError:
        names = sorted(file.parent.name for file in RUNS.glob(f"*/{paths.provenance.name}"))
        choice = f"The studies here are {', '.join(names)}: name one with --study. " if names else ""
        if len(names) == 1:
            choice = f"The only study here is {names[0]}. To use it, add: --study {names[0]}\n"
        raise StudyError(
            f"{paths.root} is not an initialised study{did_you_mean(paths.root.name, names)}",
            f"{choice}To initialise another, run: sweep init study.toml",
        ) from None
    except (OSError, ValueError) as error:
        raise StudyError(f"{paths.provenance} cannot be read: {error}", "Restore the file from a backup.") from None
    if not paths.config.exists():
        raise StudyError(f"the study file {paths.config} is missing", "Put it back there, unchanged.")
    return Study(
        paths, load_config(paths.config, paths.site if paths.site.exists() else None, accepted=True), provenance
    )


def open_current(name: str | None) -> Study:
    """Return the study of this name in runs/; for None, the study that was initialised last.

    Raises StudyError if there is none.
    """
    if name is None:
        if not CURRENT.exists():
            raise StudyError(
                f"no study is initialised in {RUNS.absolute()}",
                "Change to the folder where you initialised it. For a quickstart study, run: sweep init",
            )
        name = CURRENT.read_text().strip()
    study = load_study(StudyPaths.named(name))
    if study.config.study.name != name:
        raise StudyError(
            f"the folder {study.paths.root} holds a study of another name, {study.config.study.name}",
            f'Rename the folder back. Or keep it, and write name = "{name}" in {study.paths.config}.',
        )
    return study


def new_id(name: str) -> str:
    """Return an id for a study of this name. People read it in the attributes of jobs, so it begins with the name."""
    return f"{name}-{secrets.token_hex(6)}"


def planned_generations(paths: StudyPaths) -> int:
    """Return the number of generations of the last launch, 0 if there was none, or if its file is damaged."""
    try:
        return int(paths.planned.read_bytes())
    except (OSError, ValueError):
        return 0


def planned_lanes(paths: StudyPaths) -> int:
    """Return the number of lanes of the last launch, 0 if it ran generations."""
    return sum(1 for _ in paths.lanes.glob(paths.lane_trial("*").name))
