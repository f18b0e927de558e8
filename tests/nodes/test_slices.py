"""Slices: a trial that ends on purpose goes on as a new job, or is pruned; run again, nothing is asked twice."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sweep.control.initialise import initialise
from sweep.control.repair import repair_storage
from sweep.nodes.propose import propose
from sweep.optimizer.stored_study import StoredStudy
from sweep.study.study import Study
from sweep.trial.spec import TrialSpec
from sweep.workflow.exit_codes import DONE, TRY_AGAIN
from tests.actions import harvest

PRUNER = '[pruner]\nname = "median"\nn_startup_trials = 1\n'


@pytest.fixture
def sliced(study_file: Path, monkeypatch: pytest.MonkeyPatch) -> Study:
    """A study in slices of 2 of its 6 epochs, whose first trial has ended with 0.5, 0.6, … 1.0."""
    monkeypatch.setattr("sweep.control.initialise.sweep_commit", lambda: None)
    text = study_file.read_text().replace("epochs = 2", "epochs = 6").replace("[job]", '[job]\nslice = "2 epochs"')
    study_file.write_text(text + PRUNER)
    study, _ = initialise(study_file, lambda _: None)
    propose(study, 0)
    report(study, 0, [0.5, 0.6, 0.7, 0.8, 0.9, 1.0])
    assert harvest(study.paths, 0, 0) == DONE
    return study


def report(study: Study, number: int, values: list[float]) -> None:
    files = study.paths.trial(number)
    with files.metrics.open("w") as handle:
        for step, value in enumerate(values, start=1):
            print(json.dumps({"step": step, "val_accuracy": value}), file=handle)


def job(study: Study, number: int, cluster: int) -> None:
    """Have the trial's log say that it ran as this cluster."""
    log = study.paths.trial(number).job_log
    with log.open("a") as handle:
        print(f"000 ({cluster:04d}.000.000) 2026-11-23 05:58:00 Job submitted from host: <x>\n...", file=handle)
        print(f"001 ({cluster:04d}.000.000) 2026-11-23 05:58:25 Job executing on host: <x>\n...", file=handle)
        print(f"005 ({cluster:04d}.000.000) 2026-11-23 05:59:25 Job terminated.\n...", file=handle)


def spec(study: Study, number: int) -> TrialSpec:
    return TrialSpec.from_json(study.paths.trial(number).spec.read_text())


def test_a_good_trial_goes_on_with_the_latest_cut_offs(sliced: Study) -> None:
    assert spec(sliced, 1).slice_epochs == 2
    assert spec(sliced, 1).cutoffs == {}
    report(sliced, 1, [0.5, 0.65])
    job(sliced, 1, 7)
    for _ in range(2):  # run again for the same job, it says the same
        assert harvest(sliced.paths, 1, 0) == TRY_AGAIN
        assert spec(sliced, 1).step == 2
        assert spec(sliced, 1).cutoffs == {"1": 0.5, "2": 0.6, "3": 0.7, "4": 0.8, "5": 0.9}
    assert len(sliced.paths.trial(1).endings.read_text().splitlines()) == 1
    row = StoredStudy.open(sliced, writing=False).rows()[1]
    assert (row.state, row.intermediate) == ("RUNNING", {1: 0.5, 2: 0.65})
    assert repair_storage(sliced) == []
    # The same job again without a step more is no slice.
    job(sliced, 1, 8)
    assert harvest(sliced.paths, 1, 0) == DONE
    assert "exited with 0 at step 2 of 6" in sliced.paths.trial(1).result.read_text()


def test_a_bad_trial_is_pruned_by_optuna_s_own_pruner(sliced: Study) -> None:
    report(sliced, 1, [0.1, 0.2])
    job(sliced, 1, 7)
    assert harvest(sliced.paths, 1, 0) == DONE
    row = StoredStudy.open(sliced, writing=False).rows()[1]
    assert (row.state, row.value, row.intermediate) == ("PRUNED", 0.2, {1: 0.1, 2: 0.2})
    assert row.reason == "median pruned it at step 2"
    assert repair_storage(sliced) == []


def test_a_trial_that_stops_itself_at_a_cut_off_is_pruned(sliced: Study) -> None:
    trial = propose(sliced, 1)[0]
    assert trial.cutoffs["3"] == 0.7
    report(sliced, trial.number, [0.9, 0.6, 0.69])
    job(sliced, trial.number, 9)
    # Its best was 0.9: nothing cut it off, so what ended was a slice.
    assert harvest(sliced.paths, trial.number, 0) == TRY_AGAIN
    other = propose(sliced, 1)[1]
    report(sliced, other.number, [0.5, 0.6, 0.69])
    assert harvest(sliced.paths, other.number, 0) == DONE
    row = StoredStudy.open(sliced, writing=False).rows()[other.number]
    assert (row.state, row.reason) == ("PRUNED", "not as good as 0.7 at step 3")


@pytest.mark.parametrize("step", ["_run_again", "write_json", "restore_checkpoints"])
def test_killed_between_slices_and_run_again_it_goes_on(
    sliced: Study, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def die(*_: object) -> None:
        raise KeyboardInterrupt

    report(sliced, 1, [0.5, 0.65])
    job(sliced, 1, 7)
    with monkeypatch.context() as patch:
        patch.setattr(f"sweep.nodes.{'slices' if step == 'write_json' else 'harvest'}.{step}", die)
        with pytest.raises(KeyboardInterrupt):
            harvest(sliced.paths, 1, 0)
    assert harvest(sliced.paths, 1, 0) == TRY_AGAIN
    assert spec(sliced, 1).step == 2
    assert spec(sliced, 1).cutoffs["3"] == 0.7
    report(sliced, 1, [0.5, 0.65, 0.75, 0.85, 0.95, 1.05])
    job(sliced, 1, 8)
    assert harvest(sliced.paths, 1, 0) == DONE
    assert StoredStudy.open(sliced, writing=False).rows()[1].state == "COMPLETE"


HANDED_OVER = "\tits program handed over its checkpoint (exit status 85) 11 times in 12 s\n\tCode 3 Subcode 8585\n"


def hold(study: Study, number: int, cluster: int, values: list[float]) -> None:
    """Have the trial's job held for its many hand-overs, and removed; its last checkpoint was rescued."""
    files = study.paths.trial(number)
    log = f"000 (0{cluster}.0.0) 2026-11-23 05:58:00 Job submitted\n...\n"
    log += f"012 (0{cluster}.0.0) 2026-11-23 05:58:20 Job was held.\n{HANDED_OVER}...\n"
    log += f"009 (0{cluster}.0.0) 2026-11-23 05:58:40 Job was aborted.\n...\n"
    files.job_log.write_text((files.job_log.read_text() if files.job_log.exists() else "") + log)
    rescued = study.paths.spooled / f"{number}.{cluster}"
    rescued.mkdir(parents=True)
    home = files.metrics.read_text()
    report(study, number, values)
    files.metrics.rename(rescued / "metrics.jsonl")
    files.metrics.write_text(home)
    (rescued / "checkpoint").write_text(f"{len(values)} epochs")


def test_a_trial_that_hands_over_too_often_goes_on_until_it_makes_no_progress(sliced: Study) -> None:
    files = sliced.paths.trial(1)
    hold(sliced, 1, 7, [0.5, 0.65, 0.75])
    assert harvest(sliced.paths, 1, -1002) == TRY_AGAIN
    assert spec(sliced, 1).step == 3
    assert files.checkpoint.read_text() == "3 epochs"
    assert [json.loads(line)["kind"] for line in files.endings.read_text().splitlines()] == ["slice"]
    hold(sliced, 1, 8, [0.5, 0.65, 0.75])
    assert harvest(sliced.paths, 1, -1002) == DONE
    row = StoredStudy.open(sliced, writing=False).rows()[1]
    assert (row.state, row.steps) == ("FAIL", 3)
    assert "11 times in 12 s and reached step 3 of 6: it makes no progress" in row.reason
