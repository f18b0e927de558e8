"""Every ending of a trial, and storages that go away, on a real pool: sweeps that all run at once, told apart after."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sweep.pool import schedd
from sweep.study.study import Study
from sweep.system.directories import cache_directory
from tests.pool.actions import GOOD, make_light, report, sweep, wait_for
from tests.postgresql import Server

pytestmark = pytest.mark.pool

WAITS_TO_GO = "while not os.path.exists(GO): time.sleep(0.1)\n"

SWEEPS: dict[str, dict[str, Any]] = {
    "every way to fail": {
        "body": "n = trial['number']\n"
        "if n == 0: sys.exit('no such class: cat')\n"
        "if n == 1: sys.exit(0)\n"
        "if n == 2: open('metrics.jsonl', 'w').write('{\"step\": 1, \"val_acc'); sys.exit(0)\n"
        "if n == 3: open('metrics.jsonl', 'w').write('{\"step\": 1, \"val_accuracy\": NaN}'); sys.exit(0)\n"
        "if n == 4: os.kill(os.getpid(), signal.SIGKILL)\n" + GOOD,
    },
    "deletes its metrics": {"body": "os.remove('metrics.jsonl')\n"},
    "data vanished": {"body": GOOD},
    "transient": {
        "body": "before = open('checkpoint').read()\n"
        "print('try', len(before), flush=True)\n"
        "open('checkpoint', 'a').write('x')\n"
        "if trial['number'] == 0 and len(before) < 2: sys.exit(75)\n"
        "if trial['number'] == 1: sys.exit('no luck') if before else os.kill(os.getpid(), signal.SIGKILL)\n" + GOOD,
        "retries": 2,
    },
    "more memory": {
        "body": "if '256' not in open('.job.ad').read().split('RequestMemory = ')[1][:4]: sys.exit(77)\n" + GOOD,
        "job": 'retry_request_memory = "256 MB"',
    },
    "held": {
        "body": "if trial['number'] == 2: sys.exit(85)\n"
        "before = open('checkpoint').read()\n"
        "if not before: open('checkpoint', 'w').write('half'); sys.exit(85)\n"
        "if len(before) == 4: os.remove('metrics.jsonl'); sys.exit(0)\n" + GOOD,
    },
    "no folder for trials": {"body": GOOD},
    "postgresql": {"body": WAITS_TO_GO + GOOD},
    "journal": {"body": WAITS_TO_GO + GOOD, "storage": "journal"},
}


@pytest.fixture(scope="module")
def launched(
    pool: None,  # noqa: ARG001
    postgresql: Server,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[dict[str, Study]]:
    """All sweeps, under way."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(cache_directory().parent))
        patch.setenv("HOME", str(home := tmp_path_factory.mktemp("home")))
        postgresql.let_in(home)
        yield {name: launch(name, tmp_path_factory.mktemp("sweep"), postgresql) for name in SWEEPS}


def launch(name: str, folder: Path, postgresql: Server) -> Study:
    options = dict(SWEEPS[name])
    options["body"] = f"GO = {str(folder / 'go')!r}\n" + options["body"]
    if name == "postgresql":
        options["storage"] = postgresql.url
    study = make_light(folder, **options)
    if name == "data vanished":
        (folder / "photos").rmdir()
    if name == "no folder for trials":
        study.paths.trials.write_text("a file where a folder belongs")
    generations = "2" if name in ("every way to fail", "postgresql", "journal") else "1"
    sweep("launch", "--generations", generations, cwd=folder)
    return study


def folder(study: Study) -> Path:
    return study.paths.root.parents[1]


def end(study: Study, generations: int = 1) -> list[dict[str, Any]]:
    """Follow a sweep to its end; its trials."""
    sweep("launch", "--generations", str(generations), "--watch", cwd=folder(study))
    trials: list[dict[str, Any]] = report(study)["trials"]
    return trials


def test_every_way_to_fail_is_one_failed_trial_and_the_sweep_goes_on(launched: dict[str, Study]) -> None:
    study = launched["every way to fail"]
    trials = end(study, 2)
    assert [trial["state"] for trial in trials] == ["FAIL"] * 5 + ["COMPLETE"]
    for trial, reason in zip(
        trials,
        [
            "the trainer ended with exit status 1: no such class: cat",
            "no val_accuracy was reported: metrics.jsonl is empty",
            "no val_accuracy was reported: line 1 of metrics.jsonl: incomplete",
            "val_accuracy is nan at step 1",
            "killed by signal 9",
        ],
        strict=False,
    ):
        assert reason in trial["reason"]
    shown = sweep("report", cwd=folder(study)).stdout
    assert "6 trials, 1 COMPLETE, 5 FAIL" in shown
    assert "trial 0 failed: the trainer ended with exit status 1: no such class: cat" in shown
    assert "Traceback" not in shown


def test_a_trainer_that_deletes_its_metrics_fails_with_the_reason(launched: dict[str, Study]) -> None:
    trials = end(launched["deletes its metrics"])
    assert [trial["state"] for trial in trials] == ["FAIL"] * 3
    assert "the job was held: Transfer output files failure" in trials[0]["reason"]
    assert [trial["attempts"] for trial in trials] == [2] * 3


def test_a_held_job_leaves_what_it_had_handed_over_to_the_next_try(launched: dict[str, Study]) -> None:
    study = launched["held"]
    files = study.paths.trial(0)
    wait_for(files.retry_submit.exists, "the held job is removed, and its trial tried again")
    assert files.checkpoint.read_text() == "half"
    trials = end(study)
    assert [trial["state"] for trial in trials] == ["FAIL"] * 3
    assert list(study.paths.spooled.glob("[0-9]*")) == []
    # It handed over for ever: HTCondor held it, and it was not tried again.
    assert "times in" in trials[2]["reason"]
    assert "reached step 0 of 1: it makes no progress" in trials[2]["reason"]
    assert [trial["attempts"] for trial in trials] == [2, 2, 1]


def test_data_that_has_vanished_fails_its_trials_with_the_reason(launched: dict[str, Study]) -> None:
    trials = end(launched["data vanished"])
    assert [trial["state"] for trial in trials] == ["FAIL"] * 3
    assert "photos" in trials[0]["reason"]


def test_a_transient_failure_is_tried_again_and_goes_on_from_the_checkpoint(launched: dict[str, Study]) -> None:
    study = launched["transient"]
    trials = end(study)
    assert [trial["state"] for trial in trials] == ["COMPLETE", "FAIL", "COMPLETE"]
    assert [trial["attempts"] for trial in trials] == [3, 2, 1]
    assert "exit status 1: no luck" in trials[1]["reason"]
    first = study.paths.trial(0)
    assert [first.root.joinpath(name).read_text() for name in ("out.1", "out.2", "out")] == [
        "try 0\n",
        "try 1\n",
        "try 2\n",
    ]
    assert first.checkpoint.read_text() == "xxx"
    # Whole again, the study is finished: nothing of it is run again.
    assert "nothing to do" in sweep("launch", "--generations", "1", cwd=folder(study)).stdout


def test_more_memory_is_asked_for_when_a_trial_ran_out(launched: dict[str, Study]) -> None:
    trials = end(launched["more memory"])
    assert [(trial["state"], trial["attempts"]) for trial in trials] == [("COMPLETE", 2)] * 3


def test_a_folder_that_cannot_be_written_is_named_and_waited_for(launched: dict[str, Study]) -> None:
    study = launched["no folder for trials"]
    wait_for(study.paths.waiting.exists, "it says that it waits")
    shown = sweep("status", cwd=folder(study), check=False).stdout
    assert "Waiting; the sweep retries by itself: generation 0: " in shown
    assert str(study.paths.trials) in shown
    study.paths.trials.unlink()
    assert [trial["state"] for trial in end(study)] == ["COMPLETE"] * 3


def test_storages_that_go_away_for_a_while(launched: dict[str, Study], postgresql: Server) -> None:
    studies = [launched[name] for name in ("postgresql", "journal")]
    file = launched["journal"].paths.journal
    for study in studies:
        wait_for(lambda at=study: has_started(at), "the first generation runs")  # type: ignore[misc]
    aside = file.rename(file.with_name("aside"))
    postgresql.stop()
    for study in studies:
        (folder(study) / "go").touch()
        wait_for(study.paths.waiting.exists, "the first POST script waits")
        wait_for(lambda at=study: has_ended(at), "all three trials have ended")  # type: ignore[misc]
        assert schedd.outer_dagman(schedd.queued_jobs(study.id)) is not None
    aside.rename(file)
    postgresql.start()
    for study in studies:
        trials = end(study, 2)
        assert [trial["state"] for trial in trials] == ["COMPLETE"] * 6
        assert all(trial["values"]["val_accuracy"] == trial["params"]["lr"] for trial in trials)
        assert not study.paths.waiting.exists()


def has_started(study: Study) -> bool:
    return [trial["attempts"] for trial in report(study)["trials"]] == [1, 1, 1]


def has_ended(study: Study) -> bool:
    return all(study.paths.trial(number).result.exists() for number in range(3))
