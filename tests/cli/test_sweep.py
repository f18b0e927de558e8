"""What launch, stop, repair, confirm and doctor print, without a pool."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from sweep.cli.sweep import launch
from sweep.control.launch import LaunchResult
from sweep.doctor.finding import Finding, Level
from sweep.monitor.progress import STOPPED_BY_USER
from sweep.study.study import Study
from tests.cli.commands import commands_to_type, output_of

NAMED = pytest.mark.parametrize("named", [(), ("--study", "tiny")], ids=["current", "named"])
"""With `--study`, all commands in the output must have it too."""


def answer(monkeypatch: pytest.MonkeyPatch, target: str, value: Any) -> None:
    """Have a function return this value."""
    monkeypatch.setattr(target, lambda *_, **__: value)


@NAMED
@pytest.mark.usefixtures("study")
@pytest.mark.parametrize(
    ("launched", "said", "commands"),
    [
        (LaunchResult(7, False, 5), "Submitted the sweep tiny as cluster 7", ["status --watch", "report"]),
        (LaunchResult(None, False, 5), "tiny has its 5 generations: nothing to do.", ["report"]),
        (LaunchResult(None, False, 5, "the deadline passed"), "tiny has ended: the deadline passed.", ["report"]),
        (LaunchResult(7, True, 5), "tiny is running already, as cluster 7", ["status --watch", "report"]),
        (
            LaunchResult(7, True, 3),
            "This sweep has 3 generations. When it has ended, run:",
            ["status --watch", "report", "launch --generations 5 --lanes 2"],
        ),
    ],
)
def test_launch(
    monkeypatch: pytest.MonkeyPatch, launched: LaunchResult, said: str, commands: list[str], named: tuple[str, ...]
) -> None:
    answer(monkeypatch, "sweep.control.launch.launch_sweep", launched)
    answer(monkeypatch, "sweep.control.software.container_note", "")
    text = output_of("launch", "--generations", "5", "--lanes", "2", *named)
    assert said in text
    assert commands_to_type(text) == [" ".join(("sweep", command, *named)) for command in commands]


@pytest.mark.usefixtures("study")
def test_launch_that_watches_says_at_the_end_how_to_run_more(monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, "sweep.control.launch.launch_sweep", LaunchResult(7, True, 3))
    answer(monkeypatch, "sweep.monitor.follow.follow_sweep", None)
    text = output_of("launch", "--generations", "5", "--watch")
    assert commands_to_type(text) == ["sweep launch --generations 5"]


@NAMED
@pytest.mark.parametrize(("lanes", "option"), [(0, ""), (2, " --lanes 2")])
def test_stop_says_how_to_resume(
    monkeypatch: pytest.MonkeyPatch, study: Study, named: tuple[str, ...], lanes: int, option: str
) -> None:
    study.paths.lanes.mkdir(parents=True)
    study.paths.planned.write_text("4\n")
    for number in range(lanes):
        study.paths.lane_trial(f"lane-{number:04}").write_text(f"{number}\n")
    answer(monkeypatch, "sweep.control.stop.stop_sweep", True)
    text = output_of("stop", *named)
    assert "Stopped. To resume, run: sweep launch --generations 4" in text
    assert commands_to_type(text) == [" ".join((f"sweep launch --generations 4{option}", *named))]
    answer(monkeypatch, "sweep.control.stop.stop_sweep", False)
    assert "The sweep tiny is not running." in output_of("stop")


def test_repair_says_what_it_did(study: Study) -> None:
    assert "nothing to repair" in output_of("repair")
    study.paths.database.write_bytes(b"no database")
    text = output_of("repair")
    assert f"Rebuilt {study.paths.database}." in text
    assert f"The old storage is {study.paths.root / 'study.before-repair.db'}." in text
    study.paths.database.unlink()
    study.paths.database.with_name("study.before-repair.db").unlink()
    assert "The old storage" not in output_of("repair")


@NAMED
@pytest.mark.parametrize(
    ("launched", "said", "commands"),
    [
        (
            LaunchResult(7, False, 4),
            "Submitted tiny, 4 trials, as cluster 7.",
            ["status --watch --study tiny", "report"],
        ),
        (LaunchResult(None, False, 4), "tiny has its 4 trials: nothing to do.", ["report"]),
        (LaunchResult(7, True, 4), "tiny is running already", ["confirm --top 2 --seeds 3"]),
    ],
)
def test_confirm(
    monkeypatch: pytest.MonkeyPatch,
    study: Study,
    launched: LaunchResult,
    said: str,
    commands: list[str],
    named: tuple[str, ...],
) -> None:
    answer(monkeypatch, "sweep.control.confirm.prepare_confirmation", (study, 4))
    answer(monkeypatch, "sweep.control.launch.launch_sweep", launched)
    text = output_of("confirm", "--top", "2", "--seeds", "3", *named)
    assert said in text
    # The confirmation is a study with a name of its own.
    wanted = [command if "--study" in command else " ".join((command, *named)) for command in commands]
    assert commands_to_type(text) == [f"sweep {command}" for command in wanted]


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(("level", "status"), [(Level.OK, 0), (Level.WARNING, 0), (Level.ERROR, 1)])
def test_doctor_exits_with_1_after_an_error(monkeypatch: pytest.MonkeyPatch, level: Level, status: int) -> None:
    findings: Iterable[tuple[str, Finding]] = [("access point", Finding(level, "the disk", "Look at it."))]
    answer(monkeypatch, "sweep.doctor.checks.all_checks", findings)
    assert "Look at it." in output_of("doctor", status=status)


def test_a_launch_says_why_the_last_sweep_ended_early(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    answer(monkeypatch, "sweep.control.launch.launch_sweep", LaunchResult(7, False, 5))
    study.paths.dag.mkdir(parents=True, exist_ok=True)
    study.paths.stopped.write_text("10 trials in a row failed\n")
    assert "The last launch ended early: 10 trials in a row failed" in output_of("launch", "--generations", "5")
    study.paths.stopped.write_text(f"{STOPPED_BY_USER}\n")
    assert "ended early" not in output_of("launch", "--generations", "5")


def test_a_launch_that_dies_is_noted_until_one_does_not(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    def die(*_: Any) -> None:
        raise KeyError("x")

    with monkeypatch.context() as patch:
        patch.setattr("sweep.control.launch.launch_sweep", die)
        with pytest.raises(KeyError):
            launch(generations=5)
    assert study.paths.launch_failed.read_text() == "sweep launch died: KeyError: 'x'\n"
    answer(monkeypatch, "sweep.control.launch.launch_sweep", LaunchResult(7, False, 5))
    launch(generations=5)
    assert not study.paths.launch_failed.exists()
