"""Stopping a sweep on a real pool, and going on."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from sweep.pool import schedd
from sweep.study.study import Study
from tests.pool.actions import GOOD, report, sweep, wait_for

pytestmark = pytest.mark.pool

TRAINS = (
    "came = []\n"
    "signal.signal(signal.SIGTERM, lambda *_: came.append(1))\n"
    "before = open('checkpoint').read()\n"
    "while trial['number'] > 0 and not came and not before: time.sleep(0.05)\n"
    "if came: open('checkpoint', 'w').write('half'); sys.exit(85)\n" + GOOD
)


def under_way(light: Callable[..., Study], body: str = TRAINS) -> Study:
    """A sweep of two generations of which one trial is complete and two run."""
    study = light(body)
    sweep("launch", "--generations", "2")
    wait_for(
        lambda: (
            [trial["attempts"] for trial in report()["trials"]] == [1, 1, 1]
            and report()["study"]["counts"] == {"COMPLETE": 1, "RUNNING": 2}
        ),
        "one trial is complete and two run",
    )
    return study


def test_stopped_gracefully_it_goes_on_from_its_checkpoints(light: Callable[..., Study]) -> None:
    study = under_way(light)
    shown = sweep("status", check=False).stdout
    assert "light is running as cluster" in shown
    assert "generation 0: 1 of 3 trials done, 2 running" in shown
    assert "trial 1: running on 127-0-0-1" in shown
    assert "epoch 0 of 1, 1 attempt, 0 evictions" in shown

    assert "Stopped. To resume, run: sweep launch --generations 2" in sweep("stop").stdout
    assert schedd.queued_jobs(study.id) == []
    assert [trial["state"] for trial in report()["trials"]] == ["COMPLETE", "RUNNING", "RUNNING"]
    assert [study.paths.trial(number).checkpoint.read_text() for number in (1, 2)] == ["half", "half"]
    shown = sweep("status", check=False).stdout
    assert "light is not running. Stopped by `sweep stop`." in shown
    assert "Next: sweep launch --generations 2" in shown
    assert "is not running" in sweep("stop").stdout

    sweep("launch", "--generations", "1", "--watch")
    trials = report()["trials"]
    assert [(trial["state"], trial["attempts"]) for trial in trials] == [
        ("COMPLETE", 1),
        ("COMPLETE", 2),
        ("COMPLETE", 2),
    ]
    assert "light is finished" in sweep("status").stdout


HANDS_OVER = (
    "before = open('checkpoint').read()\n"
    "if not before: open('checkpoint', 'w').write('half'); sys.exit(85)\n"
    "while trial['number'] > 0: time.sleep(0.05)\n" + GOOD
)


def test_stopped_at_once_no_trial_is_lost_and_what_was_handed_over_is_kept(light: Callable[..., Study]) -> None:
    study = under_way(light, HANDS_OVER)
    wait_for(lambda: all("Finished transferring output" in log(study, number) for number in (1, 2)), "it is spooled")
    sweep("stop", "--now")
    assert schedd.queued_jobs(study.id) == []
    assert [trial["state"] for trial in report()["trials"]] == ["COMPLETE", "RUNNING", "RUNNING"]
    main = study.paths.trainer / "__main__.py"
    main.write_text(main.read_text().replace("trial['number'] > 0", "False") + "print('went on from', before)\n")
    sweep("launch", "--generations", "1", "--watch")
    assert [trial["state"] for trial in report()["trials"]] == ["COMPLETE"] * 3
    assert [study.paths.trial(number).stdout.read_text() for number in (1, 2)] == ["went on from half\n"] * 2


def log(study: Study, number: int) -> str:
    return study.paths.trial(number).job_log.read_text()
