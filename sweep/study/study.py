"""A study on disk: initialising its folder, and opening it again."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sweep.config.job import JobSection
from sweep.config.load import load_config
from sweep.config.sections import StudyConfig
from sweep.errors import StudyError
from sweep.paths import CURRENT, RUNS, StudyPaths


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


def load_study(paths: StudyPaths) -> Study:
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
    return Study(paths, load_config(paths.config, paths.site if paths.site.exists() else None), provenance)


def open_current(name: str | None) -> Study:
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
    return load_study(StudyPaths.named(name))


def planned_generations(paths: StudyPaths) -> int:
    """Generations of the last launch, 0 where there was none."""
    return int(paths.planned.read_text()) if paths.planned.exists() else 0
