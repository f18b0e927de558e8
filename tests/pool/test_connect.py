"""Which pool is used; without HTCondor."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from sweep.errors import PoolError
from sweep.pool import connect, install, personal


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Return a machine: what HTCondor it has, and whether the personal pool runs and the schedd answers."""
    there = SimpleNamespace(installation=None, runs=False, answers=True, used=[])
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    monkeypatch.delenv("CONDOR_CONFIG")
    monkeypatch.setattr(install, "system_installation", lambda: None)
    monkeypatch.setattr(install, "own_installation", lambda: there.installation)
    monkeypatch.setattr(personal, "pool_is_running", lambda: there.runs)
    monkeypatch.setattr(connect, "use_pool", lambda config, folder: there.used.append((config, folder)))
    monkeypatch.setattr(connect, "schedd_answers", lambda: there.answers)
    return there


OURS = SimpleNamespace(ours=True, bin=Path("/ours/bin"))
SYSTEM = SimpleNamespace(ours=False, bin=Path("/usr/bin"))


@pytest.mark.parametrize(
    ("installation", "runs", "answers", "said", "advice"),
    [
        (None, False, True, "no HTCondor on this machine", "sweep pool install"),
        (OURS, False, True, "the personal pool is not running", "sweep pool start"),
        (OURS, True, False, "schedd does not answer", "sweep pool stop && sweep pool start"),
        (SYSTEM, False, False, "schedd does not answer", "administrators"),
    ],
)
def test_what_is_missing_is_said_with_what_to_type(
    machine: SimpleNamespace, installation: object, runs: bool, answers: bool, said: str, advice: str
) -> None:
    machine.installation, machine.runs, machine.answers = installation, runs, answers
    with pytest.raises(PoolError, match=said) as caught:
        connect.connect()
    assert advice in caught.value.advice


def test_a_personal_pool_that_runs_comes_before_the_machine_s_own(machine: SimpleNamespace) -> None:
    machine.installation, machine.runs = SYSTEM, True
    connect.connect()
    assert machine.used == [(personal.config_file(), SYSTEM.bin)]


def test_condor_config_decides(machine: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> None:
    machine.installation, machine.runs = SYSTEM, True
    monkeypatch.setenv("CONDOR_CONFIG", "/etc/condor/condor_config")
    connect.connect()
    assert machine.used == []
    assert not connect.is_personal()
    slow = connect.poll_seconds()
    monkeypatch.setenv("CONDOR_CONFIG", str(personal.config_file()))
    assert connect.is_personal()
    assert connect.poll_seconds() < slow
