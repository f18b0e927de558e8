"""What a trial's files mean."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep.trial.judge import NO_HOLD, TOO_MANY_HANDOVERS, TOO_MANY_STARTS, HoldCode, Verdict, judge
from sweep.trial.metrics import parse_metrics
from sweep.trial.reports import Reports
from sweep.trial.spec import TrialSpec

SPEC = TrialSpec(3, 0, 3, {"lr": 0.1}, seed=1, step=0, target_step=2, objectives=["acc"], data={})
GOOD = '{"step": 1, "acc": 0.5}\n{"step": 2, "acc": 0.75}\n'


def judged(
    spec: TrialSpec, return_code: int, metrics: str | None, stderr: str, hold_reason: str = "", code: HoldCode = NO_HOLD
) -> Verdict:
    """The verdict on a job that left these metrics."""
    return judge(spec, return_code, Reports.parse(spec, metrics), stderr, hold_reason, code)


@pytest.mark.parametrize(
    ("return_code", "metrics", "stderr", "kind", "reason"),
    [
        (0, GOOD, "", "complete", ""),
        (0, GOOD, "a warning", "complete", ""),
        (0, '{"step": 1, "acc": NaN}\n{"step": 2, "acc": 1}', "", "complete", ""),
        (0, GOOD + '{"step": 2, "acc": 0.8}\n', "", "complete", ""),
        (0, None, "", "fault", "left no metrics.jsonl"),
        (0, "", "", "fault", "no acc was reported: metrics.jsonl is empty"),
        (0, '{"step": 1, "acc": 0.5}\n{"step": 2, "ac', "", "fault", "1 of 2 (line 2 of metrics.jsonl: incomplete"),
        (0, '{"step": 2, "loss": 0.5}', "", "fault", "has no acc; it has step, loss"),
        (0, '{"step": 2, "acc": "high"}', "", "fault", "acc is 'high', not a number"),
        (0, '{"step": 2, "acc": true}', "", "fault", "acc is True, not a number"),
        (0, '{"step": "2", "acc": 1}', "", "fault", "step is '2', not a whole number"),
        (0, "[1, 2]", "", "fault", "not a JSON object"),
        (0, '{"step": 1, "acc": 1}\n{"step": 2, "acc": NaN}', "", "fault", "acc is nan at step 2"),
        (0, '{"step": 2, "acc": Infinity}', "", "fault", "acc is inf at step 2"),
        (1, GOOD, "Traceback\nValueError: no photos\n", "fault", "exit status 1: ValueError: no photos"),
        (1, GOOD, "", "fault", "exit status 1 and printed nothing on stderr"),
        (75, GOOD, "OSError: no space", "transient", "exit status 75: OSError: no space"),
        (77, GOOD, "CUDA out of memory", "memory", "exit status 77: CUDA out of memory"),
        (-9, GOOD, "", "transient", "killed by signal 9"),
        (-1001, None, "", "fault", "could not be submitted"),
        (-1002, GOOD, "", "fault", "was removed from the queue"),
    ],
)
def test_endings_are_told_apart(return_code: int, metrics: str | None, stderr: str, kind: str, reason: str) -> None:
    verdict = judged(SPEC, return_code, metrics, stderr)
    assert verdict.kind == kind
    assert reason in verdict.reason
    assert (verdict.values == {}) == bool(verdict.reason) == (kind != "complete")


def test_the_value_is_the_last_step_s_last_report() -> None:
    assert judged(SPEC, 0, GOOD, "").values == {"acc": 0.75}
    assert judged(SPEC, 0, GOOD + '{"step": 2, "acc": 0.8}\n{"step": 1, "acc": 0.9}\n', "").values == {"acc": 0.8}
    assert judged(SPEC, 0, GOOD, "").steps == 2


@pytest.mark.parametrize(
    ("code", "kind"), [((34, 102), "memory"), ((21, 102), "memory"), ((34, 104), "transient"), ((13, 2), "transient")]
)
def test_a_held_job_is_judged_by_its_hold(code: tuple[int, int], kind: str) -> None:
    verdict = judged(SPEC, -1002, GOOD, "", "memory usage exceeded request_memory", code)
    assert (verdict.kind, verdict.reason) == (kind, "the job was held: memory usage exceeded request_memory")


HANDED_OVER = "its program handed over its checkpoint (exit status 85) 31 times in 70 s"


@pytest.mark.parametrize(
    ("spec", "metrics", "kind", "reason"),
    [
        (SPEC, "", "fault", f"{HANDED_OVER} and reached step 0 of 2: it makes no progress. After each start it must"),
        (replace(SPEC, step=1), GOOD[:24], "fault", f"{HANDED_OVER} and reached step 1 of 2: it makes no progress"),
        (replace(SPEC, target_step=0), None, "fault", f"{HANDED_OVER} and reached step 0: it makes no progress"),
        # It did what there is to do, and does not end.
        (SPEC, GOOD, "fault", "reached step 2 of 2: it makes no progress"),
        (SPEC, GOOD[:24].replace("0.5", "NaN"), "fault", "acc is nan at step 1"),
        (SPEC, GOOD[:24], "slice", HANDED_OVER),
        (replace(SPEC, target_step=0), GOOD, "slice", HANDED_OVER),
    ],
)
def test_a_job_that_handed_over_too_often_goes_on_only_if_it_made_progress(
    spec: TrialSpec, metrics: str | None, kind: str, reason: str
) -> None:
    verdict = judged(spec, -1002, metrics, "", HANDED_OVER, TOO_MANY_HANDOVERS)
    assert verdict.kind == kind
    assert reason in verdict.reason


def test_a_hand_over_without_checkpoints_names_the_key() -> None:
    verdict = judged(replace(SPEC, checkpoints=False), 85, GOOD, "")
    assert verdict.kind == "fault"
    assert "set [trainer] checkpoints = true" in verdict.reason


@given(st.text(), st.integers(0, 60))
def test_no_text_breaks_the_parser(garbage: str, cut: int) -> None:
    values, _ = parse_metrics(GOOD[:cut] + garbage, ["acc"])
    assert all(isinstance(value["acc"], float) for value in values.values())
    judged(SPEC, 0, garbage, garbage)


@given(st.integers(0, len(GOOD)))
def test_a_torn_file_never_passes_for_a_complete_one(cut: int) -> None:
    values = judged(SPEC, 0, GOOD[:cut], "").values
    # Only the last line break may be missing.
    assert (values != {}) == (cut >= len(GOOD) - 1)


def test_constraints_on_metrics_are_judged_by_the_last_step() -> None:
    spec = replace(SPEC, objectives=["acc", "loss"], constraints=["mb <= 5", "acc > 0.5 or mb < 1"])
    assert spec.wanted == ["acc", "loss", "mb"]
    text = '{"step": 1, "acc": 0.5, "loss": 2, "mb": 4}\n{"step": 2, "acc": 0.75, "loss": 1, "mb": 7}\n'
    verdict = judged(spec, 0, text, "")
    assert (verdict.kind, verdict.values) == ("complete", {"acc": 0.75, "loss": 1.0, "mb": 7.0})
    assert verdict.violations == {"mb <= 5": 2.0, "acc > 0.5 or mb < 1": -0.25}
    assert "has no mb" in judged(spec, 0, text.replace('"mb"', '"gb"'), "").reason
    odd = replace(spec, constraints=["log(mb) < 1"])
    assert "[constraints] metrics: 'log(mb) < 1' cannot be" in judged(odd, 0, text.replace("7}", "-1}"), "").reason


@pytest.mark.parametrize(("checkpoints", "kind"), [(True, "slice"), (False, "fault")])
def test_a_job_that_started_too_often_goes_on_only_if_its_work_is_kept(checkpoints: bool, kind: str) -> None:
    spec = replace(SPEC, checkpoints=checkpoints, target_step=5)
    verdict = judged(spec, -1002, GOOD, "", "it was started 51 times", TOO_MANY_STARTS)
    assert (verdict.kind, verdict.reason.startswith("it was started 51 times")) == (kind, True)
