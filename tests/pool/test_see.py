"""What a user sees of a sweep on a real pool: status with live values, logs, a confirmation, the accounting."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from sweep.results.accounting import collect_accounting
from sweep.results.report import collect_report
from sweep.study.study import Study, open_current
from tests.pool.actions import sweep, wait_for

pytestmark = pytest.mark.pool

# Reports its first step, and waits for a file before its last.
TWO_STEPS = """
from trainer.trial import Trial
this = Trial.read(__import__('pathlib').Path('trial.json'))
value = this.params['lr'] + 1e-6 * (this.seed % 7)
print('step 1', flush=True)
this.report(1, **{this.objective: value / 2})
while not os.path.exists(GO):
    time.sleep(0.1)
print('step 2')
this.report(2, **{this.objective: value})
"""


def test_a_sweep_is_seen_while_it_runs_and_afterwards(light: Callable[..., Study], tmp_path: Path) -> None:
    go = tmp_path / "go"
    there = light(TWO_STEPS.replace("GO", repr(str(go))), epochs=2)
    sweep("launch", "--generations", "1")

    def live() -> list[float]:
        told = json.loads(sweep("status", "--format", "json", check=False).stdout)
        return [trial["values"].get("val_accuracy") for trial in told["open"] if trial["step"] == 1]

    values = wait_for(lambda: found if len(found := live()) == 3 else None, "three trials have told their first step")
    assert all(value > 0 for value in values)
    # Nothing has come home yet: the values were told by way of the job's log.
    assert not there.paths.trial(0).metrics.read_text()
    shown = sweep("status", check=False)
    assert shown.returncode == 10
    assert "epoch 1 of 2, val_accuracy" in shown.stdout
    assert "step 1" in sweep("logs", "0").stdout

    go.touch()
    assert "step 2" in sweep("logs", "0", "--follow").stdout
    followed = sweep("status", "--watch")
    assert "The sweep has ended" in followed.stdout or "light is finished" in followed.stdout
    assert "Job terminated: (1) Normal termination (return value 0)" in sweep("logs", "0").stdout

    money = collect_accounting(there, collect_report(there))
    assert [(run.trial, run.ending, run.host) for run in money.runs] == [
        (number, "terminated", money.runs[0].host) for number in range(3)
    ]
    assert all(run.received > 0 and run.disk_kb > 0 for run in money.runs)
    assert money.places["attempts"].tolist() == [3]

    assert "Submitted light-confirm, 4 trials" in sweep("confirm", "--top", "2", "--seeds", "2", "--watch").stdout
    text = sweep("report").stdout
    assert "confirmed with fresh seeds, by test_accuracy" in text
    best = collect_report(open_current(None)).best[0]
    assert f"# trial {best['number']} of light" in sweep("best").stdout
    assert "over 2 seeds" in sweep("best").stdout
    assert "light-confirm has its 4 trials: nothing to do" in sweep("confirm", "--top", "2", "--seeds", "2").stdout
