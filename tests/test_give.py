"""Lanes, without HTCondor: who waits is served, in one go; nothing is lost, nothing is asked for twice."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sweep import give as pre
from sweep import lanes, serve
from sweep.harvest import harvest
from sweep.propose import propose
from sweep.resources import PACKAGE
from sweep.search import Search
from sweep.study import Study
from sweep.trial import DONE, SKIP, TRY_AGAIN
from tests.test_propose_harvest import GOOD

NAMES = ["lane-0000", "lane-0001", "lane-0002"]


@pytest.fixture
def waiting(study: Study) -> Study:
    """A study whose three lanes wait."""
    study.paths.lanes.mkdir(parents=True)
    study.paths.submit.write_text("executable = train\nqueue\n")
    for lane in NAMES:
        lanes.waits(study.paths, lane)
    return study


def in_this_process(study: Study, trials: int) -> None:
    serve.serve(study.paths, trials)


def give(study: Study, lane: str, trials: int) -> int:
    """What a lane's PRE script does, with the process that it starts in this one."""
    return pre.give(study.paths, lane, lambda: in_this_process(study, trials))


def numbers(study: Study) -> list[int]:
    return [lanes.current(study.paths, lane) for lane in NAMES]


def end(study: Study, lane: str) -> int:
    study.paths.trial(lanes.current(study.paths, lane)).metrics.write_text(GOOD)
    return harvest(study.paths, lanes.current(study.paths, lane), 0, lane)


def test_one_script_serves_all_that_wait(waiting: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    assert give(waiting, "lane-0001", 5) == DONE
    assert numbers(waiting) == [0, 1, 2]
    text = waiting.paths.lane_submit("lane-0002").read_text()
    assert text.startswith("# lane-0002 runs this trial. Written by ./next.\ntrial = 00002\nMy.SweepTrial = 2\n")
    assert text.endswith("executable = train\nqueue\n")
    # The others need no storage.
    monkeypatch.setattr("sweep.search.Search.open", None)
    assert [give(waiting, lane, 5) for lane in NAMES] == [DONE] * 3


def test_a_lane_goes_on_until_all_trials_are_asked_for(waiting: Study) -> None:
    assert give(waiting, "lane-0000", 5) == DONE
    for lane in ("lane-0001", "lane-0001"):
        assert end(waiting, lane) == TRY_AGAIN
        assert give(waiting, lane, 5) == DONE
    assert numbers(waiting) == [0, 4, 2]
    assert end(waiting, "lane-0001") == TRY_AGAIN
    assert give(waiting, "lane-0001", 5) == SKIP
    assert not waiting.paths.lane_waits("lane-0001").exists(), "a lane that has ended is given nothing"
    rows = Search.open(waiting, writing=False).rows()
    assert [row.state for row in rows] == ["RUNNING", "COMPLETE", "RUNNING", "COMPLETE", "COMPLETE"]
    assert [(row.generation, row.index) for row in rows] == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1)]


def test_a_trial_in_no_lane_is_taken_first(waiting: Study) -> None:
    propose(waiting, 0)  # of an earlier launch; one trial has ended
    waiting.paths.trial(1).metrics.write_text(GOOD)
    harvest(waiting.paths, 1, 0)
    assert give(waiting, "lane-0000", 9) == DONE
    assert numbers(waiting) == [0, 2, 3]


def test_lanes_ask_what_generations_would_of_the_same_results(waiting: Study) -> None:
    give(waiting, "lane-0000", 3)
    asked = [row.params for row in Search.open(waiting, writing=False).rows()]
    memory = Search.in_memory(waiting)
    assert [proposal.params for proposal in memory.propose(0)] == asked


def test_a_target_that_is_reached_ends_the_lanes(waiting: Study) -> None:
    file = waiting.paths.config
    file.write_text(file.read_text() + "[limits]\ntarget = 0.7\n")
    give(waiting, "lane-0000", 9)
    assert end(waiting, "lane-0000") == TRY_AGAIN
    assert give(waiting, "lane-0000", 9) == SKIP
    assert waiting.paths.ended.read_text().startswith("trial 0 reached the target")


@pytest.mark.processes
def test_lanes_at_once_get_a_trial_each(waiting: Study) -> None:
    command = [sys.executable, "-P", "-S", "-m", "sweep.give", str(waiting.paths.root)]
    scripts = [subprocess.Popen([*command, lane, "9"], env={"PYTHONPATH": str(PACKAGE.parent)}) for lane in NAMES * 2]
    assert [each.wait() for each in scripts] == [DONE] * 6
    assert sorted(numbers(waiting)) == [0, 1, 2]
    assert Search.open(waiting, writing=False).count() == 3


@pytest.mark.processes
def test_a_lane_that_has_its_trial_starts_no_optuna(waiting: Study, tmp_path: Path) -> None:
    give(waiting, "lane-0000", 9)
    (tmp_path / "optuna.py").write_text("raise SystemExit('imported')")
    command = [sys.executable, "-P", "-S", "-m", "sweep.give", str(waiting.paths.root), "lane-0002", "9"]
    paths = f"{tmp_path}:{PACKAGE.parent}"
    assert subprocess.run(command, env={"PYTHONPATH": paths}, check=False).returncode == DONE
