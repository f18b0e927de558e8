"""Results reach the Optuna storage, once each, whatever is killed or damaged."""

from __future__ import annotations

import pytest

from sweep.errors import StudyError
from sweep.nodes.propose import propose
from sweep.nodes.tell import trials_to_tell
from sweep.study.generation_plan import study_plan
from sweep.study.study import Study
from sweep.workflow.exit_codes import DONE
from tests.actions import harvest, rows
from tests.samples import GOOD


@pytest.mark.parametrize(
    "step",
    [
        "sweep.nodes.trial_result.write_json",
        "sweep.optimizer.stored_study.StoredStudy.open",
        "sweep.nodes.post_server.tell_pending",
    ],
)
def test_harvest_killed_and_run_again_tells_once(study: Study, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    propose(study, 0)
    study.paths.trial(0).metrics.write_text(GOOD)

    def die(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(step, die)
        with pytest.raises(KeyboardInterrupt):
            harvest(study.paths, 0, 0)
    assert rows(study)[0].state == "RUNNING"
    harvest(study.paths, 0, 0)
    assert (rows(study)[0].state, rows(study)[0].value) == ("COMPLETE", 0.75)


def test_a_damaged_result_is_named_and_keeps_no_other_back(study: Study, capsys: pytest.CaptureFixture[str]) -> None:
    propose(study, 0)
    (study.paths.root / "pending").mkdir(exist_ok=True)
    for text in ("{", "", "[1]", '{"number": 0}', '{"number": 0, "colour": 1}'):
        (study.paths.pending / "0").touch()
        study.paths.trial(0).result.write_text(text)
        with pytest.raises(StudyError, match=r"00000/result\.json cannot be read"):
            study_plan(study.paths, 1, 3)
    study.paths.trial(1).metrics.write_text(GOOD)
    assert harvest(study.paths, 1, 0) == DONE
    assert [row.state for row in rows(study)] == ["RUNNING", "COMPLETE", "RUNNING"]
    assert "00000/result.json cannot be read" in capsys.readouterr().err
    study.paths.trial(0).result.unlink()
    study.paths.trial(0).metrics.write_text(GOOD)
    assert harvest(study.paths, 0, 0) == DONE
    assert rows(study)[0].state == "COMPLETE"


def test_torn_results_are_no_results(study: Study) -> None:
    propose(study, 0)
    (study.paths.trials / ".00009.tmp").mkdir()
    (study.paths.root / "pending").mkdir(exist_ok=True)
    (study.paths.pending / "2").touch()
    assert trials_to_tell(study.paths) == []
    assert study.paths.trial_numbers() == [0, 1, 2]
    assert study_plan(study.paths, 1, 3).done == set()
