"""What may happen to a storage while a sweep runs: busy, away, lost, damaged. Trials wait, and are told once."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import optuna
import pytest

from sweep.config.load import parse_config
from sweep.control.initialise import INITIALISED, initialise
from sweep.control.repair import repair_storage
from sweep.errors import ConfigError, StorageError
from sweep.nodes import post_server, propose
from sweep.optimizer.storages import open_storage
from sweep.optimizer.stored_study import StoredStudy
from sweep.optimizer.trial_row import TrialRow
from sweep.results.leaderboard import report_json
from sweep.results.report import collect_report
from sweep.study.study import Study
from sweep.workflow.exit_codes import DEFER, DONE
from tests.actions import harvest
from tests.postgresql import PASSWORD, Server
from tests.samples import GOOD, STUDY


def rows(study: Study) -> list[TrialRow]:
    return StoredStudy.open(study, writing=False).rows()


def run(script: Callable[[list[str]], None], study: Study, *words: str) -> int:
    """Run a node's script as DAGMan does; gives back its exit status."""
    try:
        script([str(study.paths.root), *words])
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    return 0


@contextmanager
def away(study: Study, server: Callable[[], Server]) -> Iterator[None]:
    """The storage cannot be had for a while."""
    file = study.storage_file
    if file is None:
        server().stop()
        yield
        server().start()
    elif file.suffix == ".db":
        other = sqlite3.connect(file)
        other.execute("BEGIN EXCLUSIVE")
        yield
        other.close()
    else:
        file.rename(aside := file.with_name("aside"))
        file.mkdir()
        yield
        file.rmdir()
        aside.rename(file)


def test_scripts_wait_for_a_storage_that_is_away_and_then_go_on(
    stored: Study, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sweep.optimizer.storages.BUSY_SECONDS", 0.1)
    assert run(propose.main, stored, "0") == 0
    stored.paths.posts.mkdir()
    for number in range(2):
        stored.paths.trial(number).metrics.write_text(GOOD)
    with away(stored, lambda: request.getfixturevalue("postgresql")):
        for number in range(2):
            (stored.paths.posts / f"{number}.0.0").touch()
            assert run(post_server.main, stored) == DEFER
            assert stored.paths.trial(number).result.exists()
        assert run(propose.main, stored, "1") == DEFER
        assert "generation 1: the Optuna storage" in stored.paths.waiting.read_text()
        assert stored.storage_place in capsys.readouterr().err
        assert not stored.paths.generation_dag(1).exists()
        with pytest.raises(StorageError):
            collect_report(stored)
    # The first to come back has all answered.
    assert harvest(stored.paths, 1, 0) == DONE
    assert [row.state for row in rows(stored)] == ["COMPLETE", "COMPLETE", "RUNNING"]
    assert (stored.paths.posts / "0.0.0").read_text().startswith(f"{DONE} trial 0: COMPLETE")
    assert run(propose.main, stored, "1") == 0
    assert [(row.state, row.value) for row in rows(stored)][:2] == [("COMPLETE", 0.75)] * 2
    assert len(rows(stored)) == 6
    assert not stored.paths.waiting.exists()


def test_a_storage_that_lost_its_study_comes_back_byte_for_byte_in_the_report(stored: Study) -> None:
    assert run(propose.main, stored, "0") == 0
    stored.paths.trial(0).metrics.write_text(GOOD)
    stored.paths.trial(1).metrics.write_text(GOOD.replace("0.5", "NaN"))
    for number, code in enumerate([0, 0, 1]):
        assert harvest(stored.paths, number, code) == DONE
    assert run(propose.main, stored, "1") == 0
    assert repair_storage(stored) == []
    wanted = report_json(collect_report(stored))
    optuna.delete_study(study_name=stored.storage_study, storage=open_storage(stored, writing=True))
    with pytest.raises(StorageError, match="it has no study"):
        collect_report(stored)
    assert len(repair_storage(stored)) == 1
    assert report_json(collect_report(stored)) == wanted
    assert repair_storage(stored) == []
    assert [proposal.number for proposal in StoredStudy.open(stored, writing=True).propose(2)] == [6, 7, 8]


def test_a_damaged_journal_is_said_and_made_anew(study_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sweep.control.initialise.sweep_commit", lambda: None)
    study_file.write_text(STUDY.replace("[study]", '[study]\nstorage = "journal"'))
    study, _ = initialise(study_file, lambda _: None)
    assert run(propose.main, study, "0") == 0
    before = rows(study)
    whole = study.paths.journal.read_bytes()
    for damaged in (b"", b"\0" * 100 + whole, whole[:300] + b"\xff\n" + whole[300:], b"[1]\n" + whole):
        study.paths.journal.write_bytes(damaged)
        with pytest.raises(StorageError, match=r"study\.journal"):
            rows(study)
        assert len(repair_storage(study)) == 1
        assert rows(study) == before


@pytest.mark.processes
def test_two_studies_of_one_name_on_one_server_do_not_meet(
    postgresql: Server, study_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sweep.control.initialise.sweep_commit", lambda: None)
    monkeypatch.setenv("HOME", str(tmp_path))
    postgresql.let_in(tmp_path)
    study_file.write_text(STUDY.replace("[study]", f'[study]\nstorage = "{postgresql.url}"'))
    first, _ = initialise(study_file, lambda _: None)
    assert run(propose.main, first, "0") == 0
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    second, said = initialise(study_file, lambda _: None)
    assert said == INITIALISED
    assert (len(rows(first)), len(rows(second))) == (3, 0)


@pytest.mark.processes
def test_a_password_comes_from_pgpass_alone_and_gets_into_no_file(
    postgresql: Server, study_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sweep.control.initialise.sweep_commit", lambda: None)
    monkeypatch.setenv("HOME", str(tmp_path))
    study_file.write_text(STUDY.replace("[study]", f'[study]\nstorage = "{postgresql.url}"'))
    # DAGMan would not hand it to the scripts, so no command takes it from there.
    monkeypatch.setenv("PGPASSWORD", PASSWORD)
    with pytest.raises(StorageError) as caught:
        initialise(study_file, lambda _: None)
    assert "~/.pgpass" in caught.value.advice
    postgresql.let_in(tmp_path)
    study, _ = initialise(study_file, lambda _: None)
    assert run(propose.main, study, "0") == 0
    files = [file for file in study.paths.root.rglob("*") if file.is_file()]
    assert files
    assert [file for file in files if PASSWORD.encode() in file.read_bytes()] == []


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://ada:s3cret@db.example/optuna",
        "postgresql://ada@db.example/optuna?password=s3cret",
        "postgresql://ada:@db.example/optuna",
    ],
)
def test_a_password_in_the_study_file_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(ConfigError, match=r"\[study\] storage: must not contain a password") as caught:
        parse_config(STUDY.replace("[study]", f'[study]\nstorage = "{url}"'), "study.toml")
    assert "s3cret" not in str(caught.value)


@pytest.mark.parametrize("storage", ["", "mysql://host/db", "postgresql://host", "sqlite:///x.db", "Journal"])
def test_an_unknown_storage_is_refused(storage: str) -> None:
    with pytest.raises(ConfigError, match=r'\[study\] storage: must be "sqlite", "journal", or a URL'):
        parse_config(STUDY.replace("[study]", f'[study]\nstorage = "{storage}"'), "study.toml")
