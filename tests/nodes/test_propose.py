"""PRE scripts of generations: what they write, and that running one again changes nothing."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from sweep.control.initialise import initialise
from sweep.errors import ConfigError
from sweep.nodes.propose import propose
from sweep.study.generation_plan import study_plan
from sweep.study.study import Study
from sweep.workflow.exit_codes import DONE
from tests.actions import ask, harvest, rows
from tests.samples import GOOD


def tree(study: Study) -> dict[str, str]:
    return {
        str(file.relative_to(study.paths.root)): file.read_text()
        for folder in (study.paths.trials, study.paths.dag)
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def test_propose_writes_what_the_nodes_need(study: Study) -> None:
    trials = propose(study, 0)
    assert [trial.number for trial in trials] == [0, 1, 2]
    spec = json.loads(study.paths.trial(1).spec.read_text())
    assert spec["params"] == rows(study)[1].params
    assert (spec["data"]["kind"], spec["data"]["path"], spec["data"]["classes"]) == ("images", "photos", None)
    assert study.paths.trial(1).metrics.read_text() == ""
    assert study.paths.trial(1).checkpoint.read_bytes() == b""
    assert "JOB trial-00002 trial.sub" in study.paths.generation_dag(0).read_text()


def test_propose_again_changes_nothing_and_keeps_what_jobs_left(study: Study) -> None:
    propose(study, 0)
    study.paths.trial(0).checkpoint.write_text("half a model")
    before = tree(study)
    propose(study, 0)
    assert tree(study) == before


def test_propose_again_leaves_out_what_is_done_and_what_is_stale(study: Study) -> None:
    propose(study, 0)
    study.paths.trial(1).metrics.write_text(GOOD)
    harvest(study.paths, 1, 0)
    dag = study.paths.generation_dag(0)
    stale = [dag.with_name(dag.name + suffix) for suffix in (".rescue001", ".lock", ".nodes.log")]
    for file in stale:
        file.write_text("DONE trial-99999")
    propose(study, 0)
    assert "JOB trial-00001 trial.sub DONE" in dag.read_text()
    assert "JOB trial-00000 trial.sub\n" in dag.read_text()
    assert not any(file.exists() for file in stale)


def test_all_trials_of_a_study_see_the_same_split(study: Study) -> None:
    specs = propose(study, 0) + propose(study, 1)
    assert len({json.dumps(spec.data) for spec in specs}) == 1
    assert len({spec.seed for spec in specs}) == len(specs)


def test_propose_tells_what_a_killed_harvest_left(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    propose(study, 0)
    study.paths.trial(0).metrics.write_text(GOOD)
    with monkeypatch.context() as patch:
        patch.setattr("sweep.nodes.post_server.tell_pending", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            harvest(study.paths, 0, 0)
    propose(study, 1)
    assert rows(study)[0].state == "COMPLETE"


def test_a_damaged_trial_json_is_written_anew(study: Study) -> None:
    wanted = propose(study, 0)
    for text in ("{", "[]", "{}"):
        study.paths.trial(0).spec.write_text(text)
        assert study_plan(study.paths, 1, 3).done == set()
        assert propose(study, 0) == wanted
        assert json.loads(study.paths.trial(0).spec.read_text()) == wanted[0].to_json()


def test_a_post_script_writes_a_damaged_trial_json_anew(study: Study) -> None:
    wanted = propose(study, 0)
    study.paths.trial(0).spec.write_text("{")
    study.paths.trial(0).metrics.write_text(GOOD)
    assert ask(study.paths, 0, 0) == (DONE, "trial 0: COMPLETE")
    assert json.loads(study.paths.trial(0).spec.read_text()) == wanted[0].to_json()


def test_data_may_lie_elsewhere_for_a_pool(study_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sweep.control.initialise.sweep_commit", lambda: None)
    shutil.make_archive("photos", "zip", "photos")
    digest = hashlib.sha256(Path("photos.zip").read_bytes()).hexdigest()
    here = study_file.read_text().replace('"photos"', '"photos.zip"')
    study_file.write_text(here)
    study, _ = initialise(study_file, lambda _: None)
    assert (study.data, propose(study, 0)[0].data["path"]) == (str(Path("photos.zip").absolute()), "photos.zip")
    study.paths.dag.mkdir(exist_ok=True)
    study_file.write_text(f'{here}\ndata = "osdf:///x/photos-v2.zip"\n')
    study, said = initialise(study_file, lambda _: None)
    assert said == "is updated ([job] data)"
    trial = propose(study, 1)[0]
    assert (study.data, trial.data["path"]) == ("osdf:///x/photos-v2.zip", "photos-v2.zip")
    assert trial.data["sha256"] == digest


def test_what_the_study_file_says_of_its_data_counts(study_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sweep.control.initialise.sweep_commit", lambda: None)
    url = study_file.read_text().replace('"photos"', '"osdf:///x/photos.zip"')
    study_file.write_text(url)
    study, _ = initialise(study_file, lambda _: None)
    assert propose(study, 0)[0].data["sha256"] == ""
    study.paths.dag.mkdir(exist_ok=True)
    study_file.write_text(url.replace('photos.zip"', f'photos.zip"\ndata_sha256 = "{"c" * 64}"'))
    study, said = initialise(study_file, lambda _: None)
    assert "[trainer] data_sha256" in said
    assert propose(study, 1)[0].data["sha256"] == "c" * 64
    study_file.write_text(url.replace('photos.zip"', f'photos.zip"\ndata_sha256 = "{"d" * 64}"'))
    with pytest.raises(ConfigError, match="data_sha256 may not change"):
        initialise(study_file, lambda _: None)
