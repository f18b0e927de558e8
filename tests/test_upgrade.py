"""A sweep that an earlier version launched goes on with this one: its scripts and its files mean what they meant."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from sweep.control.repair import repair_storage
from sweep.nodes.lanes import trial_of_lane
from sweep.optimizer.stored_study import StoredStudy
from sweep.results.report import collect_report
from sweep.study.generation_plan import study_plan
from sweep.study.study import Study
from sweep.trial.files import read_result, read_spec
from sweep.workflow.exit_codes import DONE, TRY_AGAIN
from tests.actions import rows
from tests.upgrade_samples import MODES, launched_by

GOOD = '{"step": 1, "val_accuracy": 0.75}\n'


@pytest.fixture(params=["0.1.0"])
def old(request: pytest.FixtureRequest, folder: Path) -> Callable[[str], Study]:
    """Return a function that gives the sweep of an earlier version, by its mode."""
    return partial(launched_by, request.param, folder=folder)


def run(study: Study, *words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a script of the workflow as DAGMan does: in the folder of the DAG, with little of an environment."""
    # The script `propose` finds the package where it is installed; here it is this checkout.
    there = {"PATH": os.environ["PATH"], "CONDOR_CONFIG": os.devnull, "PYTHONPATH": str(Path(__file__).parents[1])}
    return subprocess.run(
        words, cwd=study.paths.dag, env=there | environment, capture_output=True, text=True, timeout=120, check=False
    )


@pytest.mark.parametrize("mode", MODES)
def test_files_of_trials_and_the_storage_are_read(old: Callable[[str], Study], mode: str) -> None:
    study = old(mode)
    result, spec = read_result(study.paths.trial(0)), read_spec(study.paths.trial(1))
    assert result is not None
    assert (result.state, result.values) == ("COMPLETE", {"val_accuracy": 0.5})
    assert (spec.number, spec.target_step, spec.objectives) == (1, 1, ["val_accuracy"])
    there = rows(study)
    assert [row.state for row in there] == ["COMPLETE", "RUNNING", "RUNNING"][: len(there)]
    assert spec.params == there[1].params
    assert 0 in study_plan(study.paths, 1, 1).done or len(there) > 1
    assert [trial["state"] for trial in collect_report(study).trials] == [row.state for row in there]
    # The storage that this version makes anew of the files is the one that the other version wrote.
    assert study.storage_file
    study.storage_file.write_text("damaged\n")
    assert repair_storage(study)
    assert rows(study) == there


def test_a_generation_is_proposed_the_same_again(old: Callable[[str], Study]) -> None:
    study = old("generations")
    before = [row.params for row in rows(study)]
    fresh = StoredStudy.in_memory(study)
    assert [proposal.params for proposal in fresh.propose(0)] == before


@pytest.mark.processes
def test_propose_writes_the_next_generation_and_keeps_the_one_that_runs(old: Callable[[str], Study]) -> None:
    study = old("generations")
    specs = [study.paths.trial(number).spec.read_text() for number in (0, 1)]
    for generation in ("0", "1"):
        done = run(study, "./propose", generation)
        assert done.returncode == 0, done.stderr
    assert [study.paths.trial(number).spec.read_text() for number in (0, 1)] == specs
    assert [row.state for row in rows(study)] == ["COMPLETE", "RUNNING", "RUNNING", "RUNNING"]
    assert "JOB trial-00000 trial.sub DONE" in study.paths.generation_dag(0).read_text()
    assert "JOB trial-00003 trial.sub\n" in study.paths.generation_dag(1).read_text()


@pytest.mark.processes
def test_harvest_judges_a_trial(old: Callable[[str], Study]) -> None:
    study = old("generations")
    study.paths.trial(1).metrics.write_text(GOOD)
    done = run(study, "./harvest", "1", "0", "12")
    assert (done.returncode, done.stdout) == (DONE, "trial 1: COMPLETE\n"), done.stderr
    assert [(row.state, row.value) for row in rows(study)] == [("COMPLETE", 0.5), ("COMPLETE", 0.75)]


@pytest.mark.processes
def test_harvest_gives_a_lane_its_next_trial(old: Callable[[str], Study]) -> None:
    study = old("lanes")
    study.paths.trial(1).metrics.write_text(GOOD)
    done = run(study, "./harvest", "lane-0001", "0", "12", "4")
    assert done.returncode == TRY_AGAIN, done.stderr
    assert trial_of_lane(study.paths, "lane-0001") == 3
    assert [row.state for row in rows(study)] == ["COMPLETE", "COMPLETE", "RUNNING", "RUNNING"]
    study.paths.stopped.write_text("for the process that answers: nobody else asks\n")


@pytest.mark.processes
@pytest.mark.parametrize(("mode", "who"), [("generations", "1"), ("lanes", "lane-0001")])
def test_keep_saves_what_a_held_job_handed_over(
    old: Callable[[str], Study], tmp_path: Path, mode: str, who: str
) -> None:
    study = old(mode)
    # A stand-in for HTCondor's own program, which copies what the schedd keeps into the current folder.
    program = tmp_path / "bin" / "condor_evicted_files"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\n[ "$*" = "get 12.0" ] && mkdir 12 && echo half a model > 12/checkpoint\n')
    program.chmod(0o755)
    done = run(study, "./keep", who, "12", PATH=f"{program.parent}:{os.environ['PATH']}")
    assert done.returncode == 0, done.stderr
    assert [file.read_text() for file in study.paths.spooled.glob("1.12/checkpoint")] == ["half a model\n"]
