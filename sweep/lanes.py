"""What a lane has, in a file: the trial that it was given last, and at which job's end. Standard library only."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass

from sweep.errors import StudyError
from sweep.files import write_text
from sweep.paths import StudyPaths


@dataclass(frozen=True)
class Given:
    """A lane's trial. `after` is the cluster of the job whose end it was given at, None where that was the launch."""

    trial: int
    after: int | None = None


def current(paths: StudyPaths, lane: str) -> Given:
    """What a lane was given last. Raises StudyError where that cannot be read."""
    try:
        return Given(*map(int, paths.lane_trial(lane).read_text().split()))
    except (OSError, ValueError, TypeError) as error:
        raise StudyError(f"{paths.lane_trial(lane)} cannot be read: {error}", "Type `sweep launch` again.") from None


def give(paths: StudyPaths, lane: str, given: Given) -> None:
    """Note what a lane has now."""
    after = "" if given.after is None else f" {given.after}"
    write_text(paths.lane_trial(lane), f"{given.trial}{after}\n")


def by_trial(paths: StudyPaths) -> dict[int, str]:
    """The lane of each trial that is in one."""
    found = {}
    for file in paths.lanes.glob("*.trial"):
        with contextlib.suppress(StudyError):
            found[current(paths, file.stem).trial] = file.stem
    return found
