from __future__ import annotations

from sweep.nodes.ending_order import note_ending, stop_if_hopeless
from sweep.study.study import Study


def end(study: Study, *endings: tuple[int, str]) -> bool:
    for number, state in endings:
        note_ending(study.paths, number, state)
    return stop_if_hopeless(study.paths, 2)


def test_failures_in_a_row(study: Study) -> None:
    assert not end(study, (3, "FAIL"))
    assert not end(study, (3, "FAIL"))
    assert not end(study, (1, "COMPLETE"), (2, "FAIL"))
    assert not study.paths.stopped.exists()
    assert not end(study, (3, "FAIL")), "noted before the trial that was complete"


def test_a_torn_line_counts_as_no_failure(study: Study) -> None:
    study.paths.dag.mkdir()
    study.paths.endings.write_text("0 FAIL\n1 FA")
    assert not stop_if_hopeless(study.paths, 2)
    assert not end(study, (2, "FAIL"))
