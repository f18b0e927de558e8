"""Lanes, without HTCondor: those whose trials have ended go on with the next; nothing is lost, or asked for twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sweep.errors import StudyError
from sweep.nodes.fill_lanes import assign_trials
from sweep.nodes.lanes import trial_of_lane
from sweep.nodes.propose import propose
from sweep.optimizer.stored_study import StoredStudy
from sweep.study.generation_plan import study_plan
from sweep.study.study import Study
from sweep.system.files import locked
from sweep.trial.spec import TrialSpec
from sweep.workflow.exit_codes import CRASHED, DONE, TRY_AGAIN
from tests.actions import ask, harvest, launched, rows, submit
from tests.samples import GOOD

NAMES = ["lane-0000", "lane-0001", "lane-0002"]


@pytest.fixture
def in_lanes(study: Study) -> Study:
    """A study whose three lanes have their first trials."""
    launched(study)
    return study


def numbers(study: Study) -> list[int]:
    return [trial_of_lane(study.paths, lane) for lane in NAMES]


def end(study: Study, lane: str, cluster: int, trials: int) -> tuple[int, str]:
    """Have a lane's trial end, by the job of this cluster."""
    study.paths.trial(submit(study.paths, lane, cluster)).metrics.write_text(GOOD)
    return ask(study.paths, lane, 0, cluster, trials)


def test_a_launch_gives_lanes_their_first_trials(in_lanes: Study) -> None:
    assert numbers(in_lanes) == [0, 1, 2]
    text = in_lanes.paths.lane_submit("lane-0002").read_text()
    assert text.startswith("# lane-0002 runs this trial. ")
    assert "\ntrial = 00002\nMy.SweepTrial = 2\n" in text
    assert text.endswith(in_lanes.paths.submit.read_text())
    dag = in_lanes.paths.outer_dag.read_text().splitlines()
    assert "JOB lane-0002 lanes/lane-0002.sub" in dag
    assert "SCRIPT DEFER 69 20 DEBUG harvest.log ALL POST lane-0002 ./harvest lane-0002 $RETURN $CLUSTERID 27" in dag


def test_a_lane_goes_on_until_all_trials_are_asked_for(in_lanes: Study) -> None:
    assert end(in_lanes, "lane-0001", 11, 5) == (TRY_AGAIN, "trial 1: COMPLETE; lane-0001 runs trial 3 next")
    assert end(in_lanes, "lane-0001", 12, 5) == (TRY_AGAIN, "trial 3: COMPLETE; lane-0001 runs trial 4 next")
    assert numbers(in_lanes) == [0, 4, 2]
    assert end(in_lanes, "lane-0001", 13, 5) == (DONE, "trial 4: COMPLETE; lane-0001 ends")
    rows = StoredStudy.open(in_lanes, writing=False).rows()
    assert [row.state for row in rows] == ["RUNNING", "COMPLETE", "RUNNING", "COMPLETE", "COMPLETE"]
    assert [(row.generation, row.index) for row in rows] == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1)]


def test_asked_again_for_the_same_job_a_lane_keeps_its_trial(in_lanes: Study) -> None:
    """The script is run again when DAGMan dies before it has noted the script's end."""
    assert end(in_lanes, "lane-0001", 11, 9)[0] == TRY_AGAIN
    before = numbers(in_lanes)
    assert ask(in_lanes.paths, "lane-0001", 0, 11, 9) == (
        TRY_AGAIN, "lane-0001 runs trial 3; this was not that trial's latest job",
    )  # fmt: skip
    assert numbers(in_lanes) == before
    assert StoredStudy.open(in_lanes, writing=False).count() == 4
    assert not in_lanes.paths.trial(3).result.exists()


def test_all_who_ask_are_answered_in_one_go(in_lanes: Study) -> None:
    for lane, cluster in zip(NAMES[:2], (11, 12), strict=True):
        in_lanes.paths.trial(submit(in_lanes.paths, lane, cluster)).metrics.write_text(GOOD)
        (in_lanes.paths.posts / f"{lane}.0.{cluster}").touch()
    assert end(in_lanes, "lane-0002", 13, 5)[0] == DONE
    assert numbers(in_lanes) == [3, 4, 2]
    said = [
        (in_lanes.paths.posts / f"{lane}.0.{cluster}").read_text()
        for lane, cluster in zip(NAMES[:2], (11, 12), strict=True)
    ]
    assert said == [
        "75 trial 0: COMPLETE; lane-0000 runs trial 3 next\n",
        "75 trial 1: COMPLETE; lane-0001 runs trial 4 next\n",
    ]


def test_a_trial_in_no_lane_is_taken_first(study: Study) -> None:
    propose(study, 0)  # of an earlier launch; one trial has ended
    study.paths.trial(1).metrics.write_text(GOOD)
    assert harvest(study.paths, 1, 0) == DONE
    launched(study)
    assert numbers(study) == [0, 2, 3]


def test_lanes_ask_what_generations_would_of_the_same_results(in_lanes: Study) -> None:
    asked = [row.params for row in StoredStudy.open(in_lanes, writing=False).rows()]
    memory = StoredStudy.in_memory(in_lanes)
    assert [proposal.params for proposal in memory.propose(0)] == asked


def test_a_target_that_is_reached_ends_the_lanes(in_lanes: Study) -> None:
    file = in_lanes.paths.config
    file.write_text(file.read_text() + "[limits]\ntarget = 0.7\n")
    assert end(in_lanes, "lane-0000", 11, 9)[0] == DONE
    assert in_lanes.paths.ended.read_text().startswith("trial 0 reached the target")


def test_a_sweep_that_is_stopped_gives_no_trial(in_lanes: Study) -> None:
    in_lanes.paths.stopped.write_text("by you\n")
    assert end(in_lanes, "lane-0000", 11, 9)[0] == CRASHED
    assert numbers(in_lanes) == [0, 1, 2]
    assert StoredStudy.open(in_lanes, writing=False).rows()[0].state == "COMPLETE"


def test_where_trials_are_few_the_first_lanes_have_them(in_lanes: Study) -> None:
    with locked(in_lanes.paths.storage_lock, wait=True):
        search = StoredStudy.open(in_lanes, writing=True)
        assert assign_trials(search, ["lane-0003", "lane-0004"], 4) == {"lane-0003": 3}
    assert trial_of_lane(in_lanes.paths, "lane-0003") == 3


def test_a_job_that_is_not_the_latest_of_the_lane_s_trial_ends_nothing(in_lanes: Study) -> None:
    """A POST script that is killed fails its node, which runs again, as it was or with the next trial."""
    submit(in_lanes.paths, "lane-0001", 11)
    submit(in_lanes.paths, "lane-0001", 12)
    assert ask(in_lanes.paths, "lane-0001", 0, 11, 9)[0] == TRY_AGAIN
    assert not in_lanes.paths.trial(1).result.exists()
    assert end(in_lanes, "lane-0001", 13, 9)[0] == TRY_AGAIN
    assert numbers(in_lanes) == [0, 3, 2]
    # The job that ran trial 1 once more: trial 3 has not run yet.
    assert ask(in_lanes.paths, "lane-0001", 0, 14, 9)[0] == TRY_AGAIN
    assert numbers(in_lanes) == [0, 3, 2]
    assert not in_lanes.paths.trial(3).result.exists()


def test_a_lane_whose_job_cannot_be_submitted_ends(in_lanes: Study) -> None:
    """DAGMan does not run it again; the others take over."""
    for _ in range(2):
        status, said = ask(in_lanes.paths, "lane-0001", -1001, -1, 9)
        assert (status, said.startswith("trial 1: FAIL: the job could not be submitted")) == (DONE, True)
    assert numbers(in_lanes) == [0, 1, 2]
    assert end(in_lanes, "lane-0002", 12, 9)[0] == TRY_AGAIN


@pytest.mark.parametrize("text", ["", "x", "1 2"])
def test_a_lane_that_cannot_be_read_is_named_and_holds_no_other_up(in_lanes: Study, text: str) -> None:
    in_lanes.paths.lane_trial("lane-0000").write_text(text)
    (in_lanes.paths.posts / "lane-0000.0.11").touch()
    assert end(in_lanes, "lane-0001", 12, 9)[0] == TRY_AGAIN
    said = Path(in_lanes.paths.posts / "lane-0000.0.11").read_text()
    assert said.startswith(f"{CRASHED} lane-0000: ")
    assert "lane-0000.trial cannot be read" in said


def refuse(number: int) -> Callable[..., str]:
    """Return what describes the job of no trial with this number."""

    def commands(_trainer: object, _job: object, trial: TrialSpec) -> str:
        if trial.number == number:
            raise ValueError("request_memory: 'x / 0' cannot be computed")
        return ""

    return commands


def test_a_trial_that_cannot_have_a_job_fails_and_its_lane_takes_another(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sweep.nodes.trial_folder.trial_commands", refuse(1))
    launched(study)
    assert numbers(study) == [0, 3, 2]
    assert [row.state for row in rows(study)] == ["RUNNING", "FAIL", "RUNNING", "RUNNING"]
    assert rows(study)[1].reason == "its job cannot be described: request_memory: 'x / 0' cannot be computed"


def test_in_a_generation_its_node_is_done(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sweep.nodes.trial_folder.trial_commands", refuse(1))
    assert len(propose(study, 0)) == 3
    assert [row.state for row in rows(study)] == ["RUNNING", "FAIL", "RUNNING"]
    dag = study.paths.generation_dag(0).read_text()
    assert "JOB trial-00001 trial.sub DONE" in dag
    assert "JOB trial-00002 trial.sub\n" in dag


def test_where_nothing_can_be_proposed_the_lanes_stop_with_the_reason(
    in_lanes: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise StudyError("[constraints] parameters: none of 1000 configurations keeps them", "Loosen them.")

    monkeypatch.setattr("sweep.nodes.fill_lanes.trial_specs", fail)
    assert end(in_lanes, "lane-0001", 7, 9)[0] == CRASHED
    assert rows(in_lanes)[1].state == "COMPLETE"
    assert "no trial can be proposed: [constraints] parameters: none of 1000" in in_lanes.paths.stopped.read_text()


def test_a_relaunch_with_fewer_trials_each_generation_counts_all_trials(in_lanes: Study) -> None:
    """By one rule, lanes and generations: 3 trials are there, so 2 generations of 2 leave one."""
    with locked(in_lanes.paths.storage_lock, wait=True):
        stored = StoredStudy.open(in_lanes, writing=True)
        for number in range(3):
            in_lanes.paths.trial(number).metrics.write_text(GOOD)
    for lane, cluster in zip(NAMES, (7, 8, 9), strict=True):
        submit(in_lanes.paths, lane, cluster)
        harvest(in_lanes.paths, lane, 0, cluster, 3)
    assert study_plan(in_lanes.paths, 2, 2).done == {0}
    assert study_plan(in_lanes.paths, 1, 2).is_finished
    assert len(stored.propose(1, 4)) == 1
    assert stored.propose(2, 4) == []
