"""What a lane has, in files: the trial that it was given last, or a mark that it waits. Standard library only."""

from __future__ import annotations

from sweep.errors import StudyError
from sweep.paths import StudyPaths


def waits(paths: StudyPaths, lane: str) -> None:
    """Mark a lane as free."""
    paths.lanes.mkdir(parents=True, exist_ok=True)
    paths.lane_waits(lane).touch()


def current(paths: StudyPaths, lane: str) -> int:
    """The trial that a lane was given last. Raises StudyError where it has none."""
    try:
        return int(paths.lane_trial(lane).read_text())
    except (OSError, ValueError) as error:
        raise StudyError(f"{paths.lane_trial(lane)} cannot be read: {error}", "Type `sweep launch` again.") from None


def is_busy(paths: StudyPaths, lane: str) -> bool:
    """Whether a lane has a trial that has no result yet."""
    return paths.lane_trial(lane).exists() and not paths.trial(current(paths, lane)).result.exists()


def waiting(paths: StudyPaths) -> list[str]:
    """Lanes that are marked as free, and are: one that has its trial bears the mark where its giver was killed."""
    return sorted(mark.stem for mark in paths.lanes.glob("*.waits") if not is_busy(paths, mark.stem))
