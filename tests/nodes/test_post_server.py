"""The process that answers POST scripts: it stays for more of them, and sees what others wrote."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from sweep.control.initialise import initialise
from sweep.control.repair import repair_storage
from sweep.nodes import post_server
from sweep.nodes.propose import propose
from sweep.optimizer.stored_study import StoredStudy
from sweep.study.study import Study
from sweep.system.files import locked
from sweep.workflow.exit_codes import DONE, TRY_AGAIN
from tests.actions import launched, submit, wait_for
from tests.samples import GOOD, STUDY

LANES = ["lane-0000", "lane-0001"]


@pytest.fixture(params=["sqlite", "journal"])
def study(request: pytest.FixtureRequest, study_file: Path, monkeypatch: pytest.MonkeyPatch) -> Study:
    """A study whose server stays until the sweep is stopped, a moment after its last answer."""
    monkeypatch.setattr("sweep.control.initialise.sweep_commit", lambda: None)
    monkeypatch.setattr(post_server, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(post_server, "LINGER_SECONDS", 60)
    study_file.write_text(STUDY.replace("[study]", f'[study]\nstorage = "{request.param}"'))
    there = initialise(study_file, lambda _: None)[0]
    there.paths.posts.mkdir(parents=True)
    return there


def serving(study: Study, trials: int | None = None) -> threading.Thread:
    server = threading.Thread(target=post_server.serve, args=(study.paths, trials))
    server.start()
    return server


def end(study: Study, who: str, cluster: int) -> int:
    """Have a trial end, or a lane's, and wait for the answer."""
    number = int(who) if who.isdigit() else submit(study.paths, who, cluster)
    study.paths.trial(number).metrics.write_text(GOOD)
    file = study.paths.posts / f"{who}.0.{cluster}"
    file.touch()
    wait_for(file.read_text, f"{who} is answered")
    return int(file.read_text().split()[0])


def stop(study: Study, server: threading.Thread) -> None:
    study.paths.stopped.write_text("enough\n")
    server.join()


def damage(study: Study) -> None:
    assert study.storage_file
    study.storage_file.write_bytes(b"damaged\n")


def opened(monkeypatch: pytest.MonkeyPatch) -> list[StoredStudy]:
    """Lists each time that the study's storage is opened."""
    found: list[StoredStudy] = []
    real = StoredStudy.open

    def open_it(study: Study, *, writing: bool) -> StoredStudy:
        found.append(real(study, writing=writing))
        return found[-1]

    monkeypatch.setattr(StoredStudy, "open", open_it)
    return found


def test_it_stays_for_those_who_come_later_with_the_storage_open(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    launched(study)
    found = opened(monkeypatch)
    server = serving(study, 9)
    for cluster in (1, 2):
        assert [end(study, lane, cluster) for lane in LANES] == [TRY_AGAIN] * 2
    stop(study, server)
    assert len(found) == 1
    rows = StoredStudy.open(study, writing=False).rows()
    assert sorted(row.state for row in rows) == ["COMPLETE"] * 4 + ["RUNNING"] * 3


def test_in_generations_it_leaves_with_the_last_trial(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    propose(study, 0)
    found = opened(monkeypatch)
    server = serving(study)
    for who in ("0", "2"):
        assert end(study, who, 1) == DONE
        assert server.is_alive()
    assert end(study, "1", 1) == DONE
    server.join()
    assert len(found) == 1
    assert [row.state for row in StoredStudy.open(study, writing=False).rows()] == ["COMPLETE"] * 3


def test_one_at_a_time(study: Study) -> None:
    propose(study, 0)
    with locked(study.paths.serving_lock, wait=True):
        (study.paths.posts / "0.0.1").touch()
        post_server.serve(study.paths)
    assert (study.paths.posts / "0.0.1").read_text() == ""


def test_what_others_write_meanwhile_it_reads_anew(study: Study) -> None:
    launched(study)
    server = serving(study, 9)
    assert end(study, LANES[0], 1) == TRY_AGAIN
    # Another storage takes the place of the one that it has open.
    with locked(study.paths.storage_lock, wait=True):
        damage(study)
    assert repair_storage(study)
    for lane in LANES:
        assert end(study, lane, 2) == TRY_AGAIN
    stop(study, server)
    assert repair_storage(study) == [], "what it asked and told is in the storage that there is now"


def test_a_changed_study_file_counts_for_the_next_trial(study: Study) -> None:
    launched(study)
    server = serving(study, 9)
    assert end(study, LANES[0], 1) == TRY_AGAIN
    study.paths.config.write_text(study.paths.config.read_text() + "[limits]\ntarget = 0.7\n")
    assert end(study, LANES[0], 2) == DONE
    stop(study, server)
    assert study.paths.ended.read_text().startswith("trial 0 reached the target")


def test_what_is_no_post_is_left_alone(study: Study) -> None:
    propose(study, 0)
    odd = [study.paths.posts / name for name in (".9.0.1", "0.0", "0.x.1", "0.0.1.2", "README")]
    for file in odd:
        file.touch()
    server = serving(study)
    assert [end(study, str(number), 1) for number in range(3)] == [DONE] * 3
    server.join()
    assert [file.read_text() for file in odd] == [""] * 5
