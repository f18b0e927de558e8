"""The process that gives trials to lanes: it stays for more of them, sees what others wrote, and can be replaced."""

from __future__ import annotations

import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from sweep import lanes, serve
from sweep import study as studies
from sweep.files import locked
from sweep.give import give, start_server
from sweep.harvest import harvest
from sweep.propose import propose
from sweep.repair import repair
from sweep.resources import PACKAGE
from sweep.search import Search
from sweep.study import Study
from sweep.trial import DEFER, DONE, TRY_AGAIN
from tests.conftest import STUDY
from tests.test_propose_harvest import GOOD

LANES = ["lane-0000", "lane-0001"]


@pytest.fixture(params=["sqlite", "journal"])
def study(request: pytest.FixtureRequest, study_file: Path, monkeypatch: pytest.MonkeyPatch) -> Study:
    monkeypatch.setattr(studies, "_commit", lambda: None)
    study_file.write_text(STUDY.replace("[study]", f'[study]\nstorage = "{request.param}"'))
    return studies.initialise(study_file, lambda _: None)[0]


@pytest.fixture
def lanes_wait(study: Study, monkeypatch: pytest.MonkeyPatch) -> Study:
    """A study two of whose lanes wait; a server stays until it is told to stop, a moment after its last answer."""
    monkeypatch.setenv("PYTHONPATH", str(PACKAGE.parent))
    monkeypatch.setattr(serve, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(serve, "LINGER_SECONDS", 60)
    study.paths.lanes.mkdir(parents=True)
    study.paths.submit.write_text("executable = train\nqueue\n")
    for lane in LANES:
        lanes.waits(study.paths, lane)
    return study


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def end(study: Study, lane: str) -> None:
    number = lanes.current(study.paths, lane)
    study.paths.trial(number).metrics.write_text(GOOD)
    assert harvest(study.paths, number, 0, lane) == TRY_AGAIN


def post(study: Study, number: int) -> None:
    study.paths.trial(number).metrics.write_text(GOOD)
    assert harvest(study.paths, number, 0) == DONE


def damage(study: Study) -> None:
    assert study.storage_file
    study.storage_file.write_bytes(b"damaged\n")


def stop(study: Study, server: threading.Thread) -> None:
    study.paths.stopped.write_text("enough\n")
    server.join()


def opened(monkeypatch: pytest.MonkeyPatch) -> list[Search]:
    """Lists each time that the study's storage is opened."""
    found: list[Search] = []
    real = Search.open

    def open_it(study: Study, *, writing: bool) -> Search:
        found.append(real(study, writing=writing))
        return found[-1]

    monkeypatch.setattr(Search, "open", open_it)
    return found


def test_it_stays_for_those_who_come_later_with_the_storage_open(
    lanes_wait: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths, found = lanes_wait.paths, opened(monkeypatch)
    server = threading.Thread(target=serve.serve, args=(paths, 6))
    server.start()
    for _ in range(2):
        for lane in LANES:
            until(lambda lane=lane: lanes.is_busy(paths, lane))  # type: ignore[misc]
            end(lanes_wait, lane)
    until(lambda: all(lanes.is_busy(paths, lane) for lane in LANES))
    stop(lanes_wait, server)
    assert len(found) == 1
    rows = Search.open(lanes_wait, writing=False).rows()
    assert sorted(row.state for row in rows) == ["COMPLETE"] * 4 + ["RUNNING"] * 2


def test_a_post_script_stays_for_trials_that_end_next_and_leaves_with_the_last(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serve, "LINGER_SECONDS", 60)
    found = opened(monkeypatch)
    propose(study, 0)
    found.clear()
    first = threading.Thread(target=post, args=(study, 0))
    first.start()
    until(lambda: bool(found))
    post(study, 1)  # leaves at once: the first is there
    assert first.is_alive()
    post(study, 2)
    first.join()
    assert len(found) == 1
    assert [row.state for row in Search.open(study, writing=False).rows()] == ["COMPLETE"] * 3


def test_what_others_write_meanwhile_it_reads_anew(lanes_wait: Study) -> None:
    paths = lanes_wait.paths
    server = threading.Thread(target=serve.serve, args=(paths, 4))
    server.start()
    until(lambda: all(lanes.is_busy(paths, lane) for lane in LANES))
    # Another storage takes the place of the one that it has open.
    with locked(paths.storage_lock, wait=True):
        damage(lanes_wait)
    assert repair(lanes_wait)
    for lane in LANES:
        end(lanes_wait, lane)
    until(lambda: all(lanes.is_busy(paths, lane) for lane in LANES))
    stop(lanes_wait, server)
    assert repair(lanes_wait) == [], "what it asked and told is in the storage that there is now"


def test_a_changed_study_file_counts_for_the_next_trial(lanes_wait: Study) -> None:
    paths = lanes_wait.paths
    server = threading.Thread(target=serve.serve, args=(paths, 9))
    server.start()
    until(lambda: all(lanes.is_busy(paths, lane) for lane in LANES))
    paths.config.write_text(paths.config.read_text() + "[limits]\ntarget = 0.7\n")
    end(lanes_wait, LANES[0])
    until(lambda: not paths.lane_waits(LANES[0]).exists())
    stop(lanes_wait, server)
    assert paths.ended.read_text().startswith("trial 0 reached the target")


@pytest.mark.processes
def test_one_that_is_killed_is_replaced(lanes_wait: Study) -> None:
    paths, started = lanes_wait.paths, []

    def start() -> subprocess.Popen[bytes] | None:
        server = start_server(paths, 4)
        if server:
            started.append(server)
            if len(started) < 3:
                server.send_signal(signal.SIGKILL)
        return server

    assert give(paths, LANES[0], start) == DONE
    assert len(started) == 3
    assert started[-1].poll() is None, "it stays for others"
    paths.stopped.write_text("enough\n")
    assert started[-1].wait() == 0


@pytest.mark.processes
def test_its_failure_is_that_of_the_script_that_waits(lanes_wait: Study) -> None:
    paths = lanes_wait.paths
    damage(lanes_wait)
    command = [sys.executable, "-P", "-S", "-m", "sweep.give", str(paths.root), LANES[0], "4"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == DEFER
    assert "sweep repair" in paths.waiting.read_text()
    assert "the Optuna storage" in done.stderr
    assert paths.lane_waits(LANES[0]).exists()


@pytest.mark.processes
def test_the_script_that_started_it_does_not_wait_for_its_end(lanes_wait: Study) -> None:
    """As DAGMan does: it reads what the script prints to the end."""
    command = [sys.executable, "-P", "-S", "-m", "sweep.give", str(lanes_wait.paths.root), LANES[0], "4"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (DONE, "lane-0000: trial 0\n", "")
    with locked(lanes_wait.paths.serving_lock, wait=False) as free:
        assert not free, "the other process is there still"
    lanes_wait.paths.stopped.write_text("enough\n")
