from __future__ import annotations

from sweep.nodes.trial_result import fail_trial, write_result
from sweep.study.study import Study
from sweep.trial.event_log import JobHistory
from sweep.trial.files import read_result
from sweep.trial.judge import Verdict


def test_a_failure_has_its_reason_on_one_printable_line(study: Study) -> None:
    written = fail_trial(study.paths, 4, "it said\n\x1b[31mred " + "x" * 5000)
    assert written == read_result(study.paths.trial(4))
    assert (written.state, written.values) == ("FAIL", {})
    assert written.reason.startswith(r"it said\n\x1b[31mred xxx")
    assert len(written.reason) == 1001
    assert [mark.name for mark in study.paths.pending.iterdir()] == ["4"]


def test_stderr_is_kept_of_failures_alone(study: Study) -> None:
    for number, kind in enumerate(("complete", "pruned", "fault")):
        verdict = Verdict(kind, "", 1, {"acc": 0.5})  # type: ignore[arg-type]
        written = write_result(study.paths, number, JobHistory(), verdict, "a\x07\nb")
        assert written.stderr_tail == ("a\\x07\nb" if kind == "fault" else "")
