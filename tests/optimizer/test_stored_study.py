"""Asking and telling, on real storages: nothing asked twice, nothing told twice, whatever is killed."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from optuna.storages import RDBStorage

from sweep.config.load import parse_config
from sweep.errors import StudyError
from sweep.optimizer.storages import add_intermediate_values
from sweep.optimizer.stored_study import StoredStudy
from sweep.optimizer.trial_row import TrialRow
from sweep.paths import StudyPaths
from sweep.study.study import Study
from sweep.trial.result import Result
from tests.samples import STORAGES, STUDY


def study_in(folder: Path, storage: str = "sqlite") -> Study:
    text = STUDY.replace("[study]", f'[study]\nstorage = "{storage}"')
    return Study(StudyPaths(folder), parse_config(text, "study.toml"), {"id": uuid4().hex, "data": "photos"})


def open_search(folder: Path) -> StoredStudy:
    return StoredStudy.create(study_in(folder))


def finish(search: StoredStudy, number: int, value: float) -> None:
    told = Result(number, "COMPLETE", {"val_accuracy": value}, {}, "", 2, 1, 0, 3.0, 0.0, "")
    search.tell(told, {1: value / 2, 2: value})


def test_a_generation_is_proposed_once(tmp_path: Path) -> None:
    first = open_search(tmp_path).propose(0)
    assert [(proposal.number, proposal.index) for proposal in first] == [(0, 0), (1, 1), (2, 2)]
    assert all(set(proposal.params) == {"lr", "width", "activation"} for proposal in first)
    assert all(proposal.params["width"] in range(8, 65, 8) for proposal in first)
    assert open_search(tmp_path).propose(0) == first
    assert len(open_search(tmp_path).rows()) == 3


def test_the_same_study_proposes_the_same_and_no_generation_repeats_another(tmp_path: Path) -> None:
    proposals = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        for generation in range(3):
            proposals.append([p.params for p in open_search(tmp_path / name).propose(generation)])
    assert proposals[:3] == proposals[3:]
    rates = [params["lr"] for generation in proposals[:3] for params in generation]
    assert len(set(rates)) == len(rates)


def storage_writes() -> list[str]:
    """Every method by which Optuna's storage in a database commits something about a trial."""
    methods = re.compile(r"_?(create_new_trial|set_trial_(?!.*without_commit)\w+)")
    return [name for name in vars(RDBStorage) if methods.fullmatch(name)]


class Killed(BaseException):
    """Stands for a process that dies here."""


def kill_at(monkeypatch: pytest.MonkeyPatch, nth: int, *, after: bool) -> None:
    """Die at the nth write to the storage, before or after it takes effect."""
    count = 0

    def wrap(original: Callable[..., Any]) -> Callable[..., Any]:
        def write(*arguments: Any, **options: Any) -> Any:
            nonlocal count
            count += 1
            if count == nth and not after:
                raise Killed
            result = original(*arguments, **options)
            if count == nth:
                raise Killed
            return result

        return write

    for name in storage_writes():
        monkeypatch.setattr(RDBStorage, name, wrap(getattr(RDBStorage, name)))
    monkeypatch.setattr("sweep.optimizer.stored_study.add_intermediate_values", wrap(add_intermediate_values))


def session(study: Study) -> list[TrialRow]:
    search = StoredStudy.open(study, writing=True)
    for proposal in search.propose(0):
        finish(search, proposal.number, proposal.number / 10)
    search.propose(1)
    return search.rows()


@pytest.mark.slow
# The others are killed at every statement and byte in test_crash_points.py; a server cannot be copied back for that.
@pytest.mark.parametrize("storage", STORAGES[2:], indirect=True)
@pytest.mark.parametrize("after", [False, True])
def test_killed_at_any_write_and_run_again_the_study_is_the_same(tmp_path: Path, storage: str, after: bool) -> None:
    def fresh(name: str) -> Study:
        (tmp_path / name).mkdir()
        study = study_in(tmp_path / name, storage)
        StoredStudy.create(study).close()
        return study

    undisturbed = session(fresh("undisturbed"))
    nth, killed = 0, True
    while killed:
        nth += 1
        study = fresh(f"killed-{nth}")
        with pytest.MonkeyPatch.context() as patch:
            kill_at(patch, nth, after=after)
            try:
                session(study)
                killed = False
            except Killed:
                pass
        assert session(study) == undisturbed, f"killed at write {nth}"
    # 2 generations of 3, a write each; 3 trials told: the reports, an attribute, the state.
    assert nth - 1 == 6 + 3 * 3


@pytest.mark.slow
def test_a_journal_torn_at_any_byte_of_its_last_record_goes_on(tmp_path: Path) -> None:
    study = study_in(tmp_path, "journal")
    StoredStudy.create(study)
    undisturbed = session(study)
    journal = study.paths.journal
    whole = journal.read_bytes()
    records = whole.splitlines(keepends=True)
    for cut in range(1, len(records[-1])):
        journal.write_bytes(whole[:-cut])
        assert len(StoredStudy.open(study, writing=False).rows()) == 5
        # Whoever writes next writes after the last whole record.
        assert session(study) == undisturbed
        assert len(journal.read_bytes().splitlines()) == len(records)


def test_a_lock_that_a_dead_process_left_beside_a_journal_stops_nobody(tmp_path: Path) -> None:
    study = study_in(tmp_path, "journal")
    study.paths.journal.with_name("study.journal.lock").symlink_to("study.journal")
    StoredStudy.create(study)
    assert [row.state for row in session(study)] == ["COMPLETE"] * 3 + ["RUNNING"] * 3


def test_telling_twice_changes_nothing(tmp_path: Path) -> None:
    search = open_search(tmp_path)
    search.propose(0)
    finish(search, 1, 0.5)
    before = search.rows()
    finish(open_search(tmp_path), 1, 0.9)
    assert open_search(tmp_path).rows() == before
    row = before[1]
    assert (row.state, row.value, row.intermediate, row.attempts, row.duration_s) == (
        "COMPLETE",
        0.5,
        {1: 0.25, 2: 0.5},
        1,
        3.0,
    )


def test_a_failed_trial_keeps_its_reason_and_its_steps(tmp_path: Path) -> None:
    search = open_search(tmp_path)
    search.propose(0)
    search.tell(Result(0, "FAIL", {}, {}, "exit status 1", 1, 2, 1, 9.0, 4.0, "tail"), {1: float("nan")})
    row = search.rows()[0]
    assert (row.state, row.value, row.reason) == ("FAIL", None, "exit status 1")
    assert (row.attempts, row.evictions, row.duration_s, row.lost_s) == (2, 1, 9.0, 4.0)
    assert list(row.intermediate) == [1]


def test_a_storage_that_is_missing_or_broken_is_said_and_left_alone(tmp_path: Path) -> None:
    database = tmp_path / "study.db"
    with pytest.raises(StudyError, match=r"study\.db is missing"):
        StoredStudy.open(study_in(tmp_path), writing=False)
    assert not database.exists()
    for content in (b"", b"not a database" * 1000):
        database.write_bytes(content)
        with pytest.raises(StudyError, match=r"study\.db: "):
            StoredStudy.open(study_in(tmp_path), writing=False)
