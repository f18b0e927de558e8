"""Which trial each lane runs, in a file for each lane. Standard library only."""

from __future__ import annotations

import contextlib

from sweep.errors import StudyError
from sweep.paths import StudyPaths
from sweep.system.files import write_text


def trial_of_lane(paths: StudyPaths, lane: str) -> int:
    """Return the trial that a lane got last. Raises StudyError if its file is missing or damaged."""
    file = paths.lane_trial(lane)
    try:
        return int(file.read_text())
    except (OSError, ValueError) as error:
        raise StudyError(
            f"{file} cannot be read: {error}",
            "Launch the sweep again, which rewrites the file. To see how, run: sweep status",
        ) from None


def set_trial(paths: StudyPaths, lane: str, trial: int) -> None:
    """Record the trial that a lane runs now."""
    write_text(paths.lane_trial(lane), f"{trial}\n")


def lane_of_trial(paths: StudyPaths) -> dict[int, str]:
    """Return the lane of each trial that a lane got last. Damaged files are ignored."""
    lanes = {}
    for file in paths.lanes.glob("*.trial"):
        with contextlib.suppress(StudyError):
            lanes[trial_of_lane(paths, file.stem)] = file.stem
    return lanes
