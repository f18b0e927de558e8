"""PRE and POST, without HTCondor: run again, run at once, and every ending of a trial."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sweep.control.initialise import initialise
from sweep.control.launch import finished_generations
from sweep.errors import ConfigError, StudyError
from sweep.nodes import harvest as harvesting
from sweep.nodes.harvest import retry_commands
from sweep.nodes.propose import propose
from sweep.nodes.tell import trials_to_tell
from sweep.optimizer.stored_study import StoredStudy
from sweep.optimizer.trial_row import TrialRow
from sweep.resources import PACKAGE
from sweep.study.study import Study
from sweep.system.files import locked, write_json, write_text
from sweep.trial.result import Result
from sweep.trial.spec import TrialSpec
from sweep.workflow.exit_codes import CRASHED, DEFER, DONE, STOP, TRY_AGAIN
from tests.actions import SUBMITTED, ask, harvest
from tests.samples import GOOD


def rows(study: Study) -> list[TrialRow]:
    return StoredStudy.open(study, writing=False).rows()


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


@pytest.mark.parametrize(
    ("metrics", "return_code", "state", "reason"),
    [
        (GOOD, 0, "COMPLETE", ""),
        (None, 0, "FAIL", "left no metrics.jsonl"),
        ("", 0, "FAIL", "metrics.jsonl is empty"),
        (GOOD[:40], 0, "FAIL", "at step 1 of 2"),
        (GOOD.replace("0.75", "NaN"), 0, "FAIL", "val_accuracy is nan at step 2"),
        (GOOD, 1, "FAIL", "exit status 1: RuntimeError: no photos"),
        ("", -1002, "FAIL", "the job was removed from the queue"),
    ],
)
def test_every_ending_reaches_the_storage(
    study: Study, metrics: str | None, return_code: int, state: str, reason: str
) -> None:
    propose(study, 0)
    files = study.paths.trial(0)
    files.metrics.unlink() if metrics is None else files.metrics.write_text(metrics)
    if return_code == 1:
        files.stderr.write_text("Traceback\nRuntimeError: no photos\n")
    harvest(study.paths, 0, return_code)
    row = rows(study)[0]
    assert row.state == state
    assert reason in row.reason
    result = Result.from_json(files.result.read_text())
    assert (result.state, result.reason) == (row.state, row.reason)
    assert ("Traceback" in result.stderr_tail) == (return_code == 1)
    assert list(study.paths.pending.iterdir()) == []


def test_harvest_again_changes_nothing(study: Study) -> None:
    propose(study, 0)
    study.paths.trial(0).metrics.write_text(GOOD)
    harvest(study.paths, 0, 0)
    before = rows(study)
    study.paths.trial(0).metrics.write_text(GOOD.replace("0.75", "0.99"))
    harvest(study.paths, 0, 1)
    assert rows(study) == before


STARTED = "001 ({0:03}.000.000) 2026-11-23 05:58:05 Job executing\n\tSlotName: slot1@gpu-{0}.example.edu\n...\n"
HELD = "012 ({0:03}.000.000) 2026-11-23 05:58:25 Job was held.\n\t{1}\n\tCode {2} Subcode 0\n...\n"


def start(study: Study, cluster: int) -> None:
    """What HTCondor writes when a job of trial 0 starts, and what the job says."""
    files = study.paths.trial(0)
    with files.job_log.open("a") as log:
        log.write(SUBMITTED.format(cluster) + STARTED.format(cluster))
    files.stdout.write_text(f"out of {cluster}")
    files.stderr.write_text(f"OSError: disk of {cluster}")


def test_a_transient_failure_is_tried_again_a_few_times_and_all_is_kept(study: Study) -> None:
    propose(study, 0)
    files = study.paths.trial(0)
    files.checkpoint.write_text("half a model")
    for cluster in (11, 12, 13):
        start(study, cluster)
        assert harvest(study.paths, 0, 75) == TRY_AGAIN
        # The script is run again for the same job when DAGMan dies before it has noted the script's end.
        assert harvest(study.paths, 0, 75) == TRY_AGAIN
        assert files.retry_submit.read_text() == f"failed_host = gpu-{cluster}.example.edu\n"
        assert rows(study)[0].state == "RUNNING"
    start(study, 14)
    assert harvest(study.paths, 0, 75) == DONE
    row = rows(study)[0]
    assert (row.state, row.attempts) == ("FAIL", 4)
    assert "exit status 75: OSError: disk of 14" in row.reason
    assert [files.root.joinpath(f"out.{n}").read_text() for n in (1, 2, 3)] == ["out of 11", "out of 12", "out of 13"]
    assert files.root.joinpath("err.3").read_text() == "OSError: disk of 13"
    assert files.stdout.read_text() == "out of 14"
    assert files.checkpoint.read_text() == "half a model"


def test_a_trial_that_recovers_is_complete(study: Study) -> None:
    propose(study, 0)
    start(study, 11)
    assert harvest(study.paths, 0, -9) == TRY_AGAIN
    start(study, 12)
    study.paths.trial(0).metrics.write_text(GOOD)
    assert harvest(study.paths, 0, 0) == DONE
    assert (rows(study)[0].state, rows(study)[0].attempts) == ("COMPLETE", 2)


@pytest.mark.parametrize(
    ("more", "tries"), [("", 0), ('retry_request_memory = "4 GB"\nretry_gpus_minimum_memory = "24 GB"', 1)]
)
def test_out_of_memory_is_tried_once_with_more_if_the_study_has_more(
    study_file: Path, monkeypatch: pytest.MonkeyPatch, more: str, tries: int
) -> None:
    monkeypatch.setattr("sweep.control.initialise.sweep_commit", lambda: None)
    study_file.write_text(f"{study_file.read_text()}\n{more}\n")
    study, _ = initialise(study_file, lambda _: None)
    propose(study, 0)
    files = study.paths.trial(0)
    for cluster in range(11, 11 + tries):
        start(study, cluster)
        files.job_log.write_text(files.job_log.read_text() + HELD.format(cluster, "memory usage exceeded", 34))
        assert harvest(study.paths, 0, -1002) == TRY_AGAIN
        assert files.retry_submit.read_text() == "request_memory = 4 GB\ngpus_minimum_memory = 24 GB\n"
    start(study, 20)
    assert harvest(study.paths, 0, 77) == DONE
    assert (rows(study)[0].state, rows(study)[0].attempts) == ("FAIL", tries + 1)


@pytest.mark.parametrize("host", ['a"; queue 5', "x\ny", "", "a b"])
def test_no_odd_host_reaches_a_submit_description(host: str) -> None:
    spec = TrialSpec(0, 0, 0, {}, 0, 0, 1, ["m"], {})
    assert retry_commands(spec, [{"kind": "transient", "host": host}]) == ""


def test_failures_in_a_row_stop_the_sweep_and_a_success_in_between_does_not(study: Study) -> None:
    def end(number: int, when: int, return_code: int) -> int:
        files = study.paths.trial(number)
        spec = json.loads(files.spec.read_text()) | {"failures_in_a_row": 3}
        files.spec.write_text(json.dumps(spec))
        files.metrics.write_text(GOOD)
        files.stderr.write_text("ValueError: no class 'cat'")
        status = harvest(study.paths, number, return_code)
        os.utime(files.result, (when, when))
        return status

    for generation in range(3):
        propose(study, generation)
    now = 2_000_000_000
    write_text(study.paths.outer_dag, "")
    os.utime(study.paths.outer_dag, (now, now))
    codes = [1, 1, 0, 1, 1]
    assert [end(number, now + 1 + number, code) for number, code in enumerate(codes)] == [DONE] * 5
    os.utime(study.paths.outer_dag, (now, now))
    study.paths.trial(5).metrics.write_text(GOOD)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(harvesting, "write_json", at(now + 6, write_json))
        assert end(5, now + 6, 1) == STOP
    said = study.paths.stopped.read_text()
    assert "3 trials in a row failed, 3 of them with: the trainer ended with exit status 1: ValueError" in said
    # Launched again, the failures of before no longer count.
    os.utime(study.paths.outer_dag, (now + 7, now + 7))
    assert end(6, now + 8, 1) == DONE


def at(when: int, write: Callable[..., None]) -> Callable[..., None]:
    """`write`, as if at this time."""

    def written(path: Path, value: object) -> None:
        write(path, value)
        os.utime(path, (when, when))

    return written


@pytest.mark.parametrize(
    "step",
    [
        "sweep.nodes.harvest.write_json",
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


def test_propose_tells_what_a_killed_harvest_left(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    propose(study, 0)
    study.paths.trial(0).metrics.write_text(GOOD)
    with monkeypatch.context() as patch:
        patch.setattr("sweep.nodes.post_server.tell_pending", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            harvest(study.paths, 0, 0)
    propose(study, 1)
    assert rows(study)[0].state == "COMPLETE"


@pytest.mark.processes
@pytest.mark.parametrize(
    ("arguments", "heavy"),
    [
        (["-S", "-c", "import sweep.nodes.post_server"], {"optuna", "pydantic", "jinja2", "rich", "htcondor2"}),
        (["-c", "import sweep.cli.app"], {"optuna", "pydantic", "jinja2", "pandas", "htcondor2", "torch"}),
        (
            ["-c", "import sweep.nodes.propose, sweep.results.report, sweep.control.launch, sweep.monitor.follow"],
            {"torch", "optuna", "pandas"},
        ),
    ],
)
def test_heavy_packages_are_imported_only_where_needed(arguments: list[str], heavy: set[str]) -> None:
    code = f"{arguments[-1]}; import sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, *arguments[:-1], code], capture_output=True, text=True, check=True, cwd=PACKAGE.parent
    )
    assert heavy & set(done.stdout.split()) == set()


def test_a_damaged_result_is_named_and_keeps_no_other_back(study: Study, capsys: pytest.CaptureFixture[str]) -> None:
    propose(study, 0)
    (study.paths.root / "pending").mkdir(exist_ok=True)
    for text in ("{", "", "[1]", '{"number": 0}', '{"number": 0, "colour": 1}'):
        (study.paths.pending / "0").touch()
        study.paths.trial(0).result.write_text(text)
        with pytest.raises(StudyError, match=r"00000/result\.json cannot be read"):
            finished_generations(study.paths, 3)
    study.paths.trial(1).metrics.write_text(GOOD)
    assert harvest(study.paths, 1, 0) == DONE
    assert [row.state for row in rows(study)] == ["RUNNING", "COMPLETE", "RUNNING"]
    assert "00000/result.json cannot be read" in capsys.readouterr().err
    study.paths.trial(0).result.unlink()
    study.paths.trial(0).metrics.write_text(GOOD)
    assert harvest(study.paths, 0, 0) == DONE
    assert rows(study)[0].state == "COMPLETE"


def test_a_damaged_trial_json_is_written_anew(study: Study) -> None:
    wanted = propose(study, 0)
    study.paths.trial(0).spec.write_text("{")
    status, said = ask(study.paths, 0, 0)
    assert (status, "00000/trial.json cannot be read" in said) == (CRASHED, True)
    assert finished_generations(study.paths, 3) == set()
    assert propose(study, 0) == wanted
    assert json.loads(study.paths.trial(0).spec.read_text()) == wanted[0].to_json()


def test_torn_results_are_no_results(study: Study) -> None:
    propose(study, 0)
    (study.paths.trials / ".00009.tmp").mkdir()
    (study.paths.root / "pending").mkdir(exist_ok=True)
    (study.paths.pending / "2").touch()
    assert trials_to_tell(study.paths) == []
    assert study.paths.trial_numbers() == [0, 1, 2]
    assert finished_generations(study.paths, 3) == set()


def test_a_path_for_every_file(study: Study) -> None:
    files = study.paths.trial(42)
    assert files.root.name == "00042"
    assert (
        len({files.spec, files.result, files.stdout, files.stderr, files.job_log, *files.outputs(checkpoints=True)})
        == 10
    )


HANGS = """
import sys
from sweep.nodes import {module}, script
script.SECONDS = 1
{module}.main(sys.argv[1:])
"""


@pytest.mark.processes
@pytest.mark.parametrize(("module", "arguments"), [("propose", ["1"]), ("post_server", ["9"])])
def test_a_script_that_hangs_is_run_again(
    study: Study, module: str, arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(PACKAGE.parent))
    study.paths.posts.mkdir(parents=True)
    (study.paths.posts / "lane-0000.0.1").touch()
    with locked(study.paths.storage_lock, wait=True):
        command = [sys.executable, "-c", HANGS.format(module=module), str(study.paths.root), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == DEFER, done.stderr
    assert "it took longer than 1 s" in done.stderr
    assert "it took longer than 1 s" in study.paths.waiting.read_text()


def report_of(*digests: str) -> str:
    reports = enumerate(digests, start=1)
    return "".join(json.dumps({"step": n, "val_accuracy": 0.5, "data_sha256": one}) + "\n" for n, one in reports)


def test_all_trials_must_have_had_the_same_data(study: Study) -> None:
    propose(study, 0)
    seen = [("a" * 64, "a" * 64), ("b" * 64, "b" * 64), ("a" * 64, "b" * 64)]
    for number, digests in enumerate(seen):
        study.paths.trial(number).metrics.write_text(report_of(*digests))
        harvest(study.paths, number, 0)
        harvest(study.paths, number, 0)
    found = [(row.state, row.reason) for row in rows(study)]
    assert [state for state, _ in found] == ["COMPLETE", "FAIL", "FAIL"]
    assert all(f"SHA-256 {'b' * 64}, the study's {'a' * 64}: was photos overwritten" in why for _, why in found[1:])
    assert propose(study, 1)[0].data["sha256"] == "a" * 64


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
    assert said == "takes up what changed ([job] data)"
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
