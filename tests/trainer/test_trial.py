"""What a program tells HTCondor while it runs, through Chirp."""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest

from trainer.trial import LiveReport, Trial


class Chirp:
    """A starter's Chirp server, which answers each line with 0."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rw", encoding="ascii") as stream:
                for line in stream:
                    self.lines.append(line.rstrip("\n"))
                    stream.write("0\n")
                    stream.flush()

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def chirp(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Chirp]:
    server = Chirp()
    config = tmp_path / ".chirp.config"
    config.write_text(f"127.0.0.1 {server.port} secret\n")
    monkeypatch.setenv("_CONDOR_CHIRP_CONFIG", str(config))
    yield server
    server.close()


def test_a_report_sets_a_number_for_each_objective_and_then_the_step(chirp: Chirp, job: Callable[..., Path]) -> None:
    trial = Trial.read(job("4", objectives=["acc", "loss"]) / "trial.json")
    trial.report(3, loss=2, acc=1e-05, seconds=7.5)
    assert chirp.lines == [
        "cookie secret",
        "set_job_attr_delayed ChirpSweepValue0 1e-05",
        "set_job_attr_delayed ChirpSweepValue1 2.0",
        "set_job_attr_delayed ChirpSweepStep 3",
    ]
    # At most one report a second.
    trial.report(4, loss=2, acc=0.5)
    assert len(chirp.lines) == 4
    assert [json.loads(line)["step"] for line in trial.metrics.read_text().splitlines()] == [3, 4]


@pytest.mark.parametrize("metrics", [{"acc": float("nan")}, {"acc": float("inf")}, {"other": 1.0}])
def test_only_whole_reports_of_finite_numbers_are_sent(
    chirp: Chirp, job: Callable[..., Path], metrics: dict[str, float]
) -> None:
    Trial.read(job("4", objectives=["acc"]) / "trial.json").report(1, **metrics)
    assert chirp.lines == []


@pytest.mark.parametrize("config", [None, "", "not a configuration", "127.0.0.1 1 secret", "127.0.0.1 x secret"])
def test_without_chirp_nothing_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, config: str | None) -> None:
    monkeypatch.setenv("_CONDOR_CHIRP_CONFIG", str(tmp_path / "config"))
    if config is not None:
        (tmp_path / "config").write_text(config)
    LiveReport().show(1, [0.5])
