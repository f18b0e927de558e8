"""A storage that does not belong to the trials' files is never used: the files stay, and `sweep repair` is named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable

import optuna
import pytest

from sweep.control.repair import repair_storage
from sweep.errors import DisagreementError
from sweep.nodes.agreement import check_agreement, numbers_disagree
from sweep.nodes.propose import propose
from sweep.optimizer.stored_study import StoredStudy
from sweep.study.study import Study
from sweep.workflow.exit_codes import DONE
from tests.actions import harvest, rows
from tests.samples import GOOD, row

pytestmark = pytest.mark.slow


def finish(study: Study, generation: int, value: float = 0.75) -> None:
    for trial in propose(study, generation):
        study.paths.trial(trial.number).metrics.write_text(GOOD.replace("0.75", str(value)))
        assert harvest(study.paths, trial.number, 0) == DONE


def files(study: Study) -> dict[str, str]:
    return {str(file): file.read_text() for file in study.paths.trials.rglob("*.json*")}


def whole(study: Study) -> None:
    check_agreement(StoredStudy.open(study, writing=True), whole=True)


def test_a_storage_from_an_old_backup(study: Study) -> None:
    finish(study, 0)
    backup = study.paths.database.with_suffix(".backup")
    shutil.copy(study.paths.database, backup)
    finish(study, 1)
    before = files(study)
    shutil.copy(backup, study.paths.database)
    with pytest.raises(DisagreementError, match="trial 3 has a folder, and is not in the storage"):
        propose(study, 2)
    with pytest.raises(DisagreementError, match="trial 3 has a folder") as caught:
        whole(study)
    assert caught.value.advice.endswith("run: sweep repair")
    assert files(study) == before
    assert len(repair_storage(study)) == 3
    assert [trial.number for trial in propose(study, 2)] == [6, 7, 8]


def test_a_backup_from_before_the_results_is_brought_up_to_date(study: Study) -> None:
    propose(study, 0)
    backup = study.paths.database.with_suffix(".backup")
    shutil.copy(study.paths.database, backup)
    finish(study, 0)
    shutil.copy(backup, study.paths.database)
    propose(study, 1)
    assert [one.state for one in rows(study)[:3]] == ["COMPLETE"] * 3
    assert repair_storage(study) == []


def test_post_scripts_wait_for_the_repair(study: Study) -> None:
    propose(study, 0)
    backup = study.paths.database.with_suffix(".backup")
    shutil.copy(study.paths.database, backup)
    propose(study, 1)
    shutil.copy(backup, study.paths.database)
    study.paths.trial(0).metrics.write_text(GOOD)
    with pytest.raises(DisagreementError):
        harvest(study.paths, 0, 0)
    repair_storage(study)
    assert harvest(study.paths, 0, 0) == DONE
    assert rows(study)[0].state == "COMPLETE"


def forget_files(study: Study) -> None:
    shutil.rmtree(study.paths.trial(2).root)


def forget_result(study: Study) -> None:
    study.paths.trial(1).result.unlink()


def other_result(study: Study) -> None:
    file = study.paths.trial(1).result
    file.write_text(json.dumps(json.loads(file.read_text()) | {"values": {"val_accuracy": 0.1}}))


def other_parameters(study: Study) -> None:
    file = study.paths.trial(2).spec
    spec = json.loads(file.read_text())
    file.write_text(json.dumps(spec | {"params": spec["params"] | {"lr": 0.5}}))


def other_program(study: Study) -> None:
    url = f"sqlite:///{study.paths.database}"
    optuna.load_study(study_name=study.storage_study, storage=url).ask()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (forget_files, "trial 2 is COMPLETE in the storage, and has no folder"),
        (forget_result, "trial 1 is COMPLETE, val_accuracy 0.75 in the storage, and not ended by its files"),
        (other_result, "and COMPLETE, val_accuracy 0.1 by its files"),
        (other_parameters, "trial 2 has lr = 0.0"),
        (other_program, "trial 3 in the storage was added by another program"),
    ],
)
def test_a_launch_compares_all(study: Study, change: Callable[[Study], None], reason: str) -> None:
    finish(study, 0)
    whole(study)
    change(study)
    with pytest.raises(DisagreementError) as caught:
        whole(study)
    assert reason in str(caught.value)


def test_no_trial_json_gets_other_parameters(study: Study) -> None:
    """Also where the storage was replaced between two looks: by one of the same length, say."""
    propose(study, 0)
    other_parameters(study)
    before = files(study)
    with pytest.raises(DisagreementError, match="trial 2 has lr"):
        propose(study, 0)
    assert files(study) == before


def test_a_study_without_trials_agrees(study: Study) -> None:
    whole(study)


def test_numbers() -> None:
    ended, running, foreign = row(0, "COMPLETE", 0.5), row(1, "RUNNING"), row(1, "RUNNING", generation=None)
    assert numbers_disagree([ended, running], [0]) == ""
    assert numbers_disagree([ended, running], [0, 1]) == ""
    assert numbers_disagree([ended], [0, 1]) == "trial 1 has a folder, and is not in the storage"
    assert numbers_disagree([ended, running], []) == "trial 0 is COMPLETE in the storage, and has no folder"
    assert "another program" in numbers_disagree([ended, foreign], [0])


def test_an_empty_folder_at_the_end_is_no_trial(study: Study) -> None:
    finish(study, 0)
    study.paths.trial(3).root.mkdir()
    whole(study)
    assert repair_storage(study) == []
    assert [trial.number for trial in propose(study, 1)] == [3, 4, 5]
