"""Reading a trial's own files."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from sweep.errors import StudyError
from sweep.paths import StudyPaths, TrialPaths
from sweep.trial.files import (
    read_intermediate_values,
    read_metrics,
    read_reports,
    read_result,
    read_spec,
)
from sweep.trial.result import Result
from sweep.trial.spec import TrialSpec


@pytest.fixture
def files(tmp_path: Path) -> TrialPaths:
    """Return the empty folder of a trial."""
    there = StudyPaths(tmp_path).trial(3)
    there.root.mkdir(parents=True)
    return there


def spec(**changes: object) -> TrialSpec:
    return TrialSpec(3, 0, 0, {}, 0, 0, 2, ["acc"], {}, **changes)  # type: ignore[arg-type]


def test_what_is_missing_or_damaged_is_named_with_what_to_type(files: TrialPaths) -> None:
    assert read_result(files) is None
    files.result.write_text("{")
    for read, name in ((read_spec, "trial"), (read_result, "result")):
        with pytest.raises(StudyError, match=rf"00003/{name}\.json cannot be read") as caught:
            read(files)
        assert "sweep status" in caught.value.advice


def test_metrics_come_from_the_file_that_the_trial_names(files: TrialPaths) -> None:
    assert read_metrics(files, spec()) is None
    (files.root / "log.csv").write_text("step,acc\n1,0.5\n")
    assert read_reports(files, spec(metrics="log.csv")).values == {1: {"acc": 0.5}}
    assert read_reports(files, spec()).is_missing


def test_a_program_that_prints_goes_on_from_its_checkpoint_or_starts_over(files: TrialPaths) -> None:
    (files.root / "out.1").write_text("acc 0.5\n")
    files.stdout.write_text("acc 0.75\n")
    printed = {"metrics_pattern": r"acc (\S+)"}
    assert read_metrics(files, spec(**printed, checkpoints=True)) == "acc 0.5\nacc 0.75\n"
    assert read_metrics(files, spec(**printed, checkpoints=False)) == "acc 0.75\n"


def test_a_trial_that_failed_without_a_report_is_not_read_again(files: TrialPaths) -> None:
    files.metrics.write_text('{"step": 1, "acc": 0.5}\n')
    failed = Result(3, "FAIL", {}, {}, "too slow", 0, 1, 0, 1.0, 0.0, "")
    assert read_intermediate_values(files, spec(), failed) == {}
    assert read_intermediate_values(files, spec(), replace(failed, steps=1)) == {1: 0.5}
    assert read_intermediate_values(files, spec(), None) == {1: 0.5}


def test_outputs_that_are_too_large_together(files: TrialPaths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sweep.trial.files.MAX_BYTES", 10)
    for name in ("out", "out.1"):
        (files.root / name).write_text("acc 0.5\n")
    found = read_reports(files, spec(metrics_pattern=r"acc (\S+)"))
    assert (found.values, "its outputs have more than" in found.problem) == ({}, True)


RESULT = Result(3, "COMPLETE", {"acc": 0.5}, {}, "", 2, 1, 0, 1.0, 0.0, "")


@pytest.mark.parametrize(
    "change",
    [
        {"state": "WEIRD"},
        {"values": None},
        {"values": {"acc": "abc"}},
        {"values": {}},
        {"number": 5},
        {"number": True},
        {"steps": "q"},
        {"reason": 5},
        {"violations": []},
    ],
)
def test_a_result_of_another_type_or_trial_is_damaged(files: TrialPaths, change: dict[str, object]) -> None:
    files.result.write_text(json.dumps(RESULT.to_json()))
    assert read_result(files) == RESULT
    files.result.write_text(json.dumps(RESULT.to_json() | change))
    with pytest.raises(StudyError, match="cannot be read"):
        read_result(files)


@pytest.mark.parametrize(
    "change",
    [
        {"params": None},
        {"params": {"lr": [1]}},
        {"generation": None},
        {"objectives": 5},
        {"objectives": [5]},
        {"distributions": {"x": 5}},
        {"number": 4},
        {"seed": 0.5},
        {"more_memory": [{"request_memory": 5}]},
    ],
)
def test_a_trial_json_of_another_type_or_trial_is_damaged(files: TrialPaths, change: dict[str, object]) -> None:
    good = replace(spec(handover_seconds=5), params={"lr": 1, "flag": True, "name": "a", "x": 0.5})
    files.spec.write_text(json.dumps(good.to_json()))
    assert read_spec(files) == good
    files.spec.write_text(json.dumps(good.to_json() | change))
    with pytest.raises(StudyError, match="cannot be read"):
        read_spec(files)
