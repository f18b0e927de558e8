"""What a lane has, in a file: the trial that it was given last. Standard library only."""

from __future__ import annotations

import contextlib

from sweep.errors import StudyError
from sweep.paths import StudyPaths
from sweep.system.files import write_text


def trial_of_lane(paths: StudyPaths, lane: str) -> int:
    """The trial that a lane was given last. Raises StudyError where that cannot be read."""
    try:
        return int(paths.lane_trial(lane).read_text())
    except (OSError, ValueError) as error:
        raise StudyError(f"{paths.lane_trial(lane)} cannot be read: {error}", "Type `sweep launch` again.") from None


def set_trial(paths: StudyPaths, lane: str, trial: int) -> None:
    """Note what a lane has now."""
    write_text(paths.lane_trial(lane), f"{trial}\n")


def lane_of_trial(paths: StudyPaths) -> dict[int, str]:
    """The lane of each trial that is in one."""
    found = {}
    for file in paths.lanes.glob("*.trial"):
        with contextlib.suppress(StudyError):
            found[trial_of_lane(paths, file.stem)] = file.stem
    return found
