"""What the pool commands print; tests/pool starts and stops a real pool."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from sweep.errors import PoolError
from tests.cli.commands import commands_to_type, output_of

FOUND = SimpleNamespace(version="25.0.0", prefix="/usr")


def test_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sweep.pool.install.system_installation", lambda: FOUND)
    assert "HTCondor 25.0.0 is installed already, in /usr: nothing to install." in output_of("pool", "install")
    monkeypatch.setattr("sweep.pool.install.system_installation", lambda: None)
    monkeypatch.setattr("sweep.pool.install.own_installation", lambda: None)
    monkeypatch.setattr("sweep.pool.install.install_htcondor", lambda _: FOUND)
    assert commands_to_type(output_of("pool", "install")) == ["sweep pool start"]


def test_start(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "CONDOR_CONFIG names another pool (/dev/null)." in output_of("pool", "start")
    monkeypatch.delenv("CONDOR_CONFIG")
    monkeypatch.setattr("sweep.pool.personal.pool_is_running", lambda: True)
    text = output_of("pool", "start", "--slots", "8")
    assert commands_to_type(text) == ["sweep pool stop && sweep pool start --slots 8"]
    monkeypatch.setattr("sweep.pool.personal.pool_is_running", lambda: False)
    monkeypatch.setattr("sweep.pool.install.system_installation", lambda: None)
    monkeypatch.setattr("sweep.pool.install.install_htcondor", lambda _: FOUND)
    monkeypatch.setattr("sweep.pool.personal.start_pool", lambda *_: None)
    assert commands_to_type(output_of("pool", "start")) == ["sweep pool stop", "sweep init"]


@pytest.mark.parametrize(("ran", "said"), [(True, "Stopped the personal pool."), (False, "No personal pool was")])
def test_stop(monkeypatch: pytest.MonkeyPatch, ran: bool, said: str) -> None:
    monkeypatch.setattr("sweep.pool.personal.stop_pool", lambda: ran)
    assert said in output_of("pool", "stop")


def test_env_without_a_pool(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sweep.pool.install.system_installation", lambda: None)
    monkeypatch.setattr("sweep.pool.install.own_installation", lambda: None)
    with pytest.raises(PoolError, match="there is no personal pool") as caught:
        output_of("pool", "env")
    assert commands_to_type(caught.value.advice) == ["sweep pool start"]
