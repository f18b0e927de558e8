"""Which trial a lane has."""

from __future__ import annotations

from pathlib import Path

import pytest

from sweep.errors import StudyError
from sweep.nodes.lanes import lane_of_trial, set_trial, trial_of_lane
from sweep.paths import StudyPaths


@pytest.fixture
def paths(tmp_path: Path) -> StudyPaths:
    """Return a study's folder with room for lanes."""
    there = StudyPaths(tmp_path)
    there.lanes.mkdir(parents=True)
    return there


def test_the_last_trial_that_was_set_counts(paths: StudyPaths) -> None:
    set_trial(paths, "lane-0000", 3)
    set_trial(paths, "lane-0001", 1)
    set_trial(paths, "lane-0000", 4)
    assert trial_of_lane(paths, "lane-0000") == 4
    assert lane_of_trial(paths) == {4: "lane-0000", 1: "lane-0001"}


def test_a_lane_that_cannot_be_read_is_named_and_hides_no_other(paths: StudyPaths) -> None:
    set_trial(paths, "lane-0000", 3)
    paths.lane_trial("lane-0001").write_text("torn")
    with pytest.raises(StudyError, match=r"lane-0001\.trial cannot be read"):
        trial_of_lane(paths, "lane-0001")
    assert lane_of_trial(paths) == {3: "lane-0000"}
