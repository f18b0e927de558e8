"""What a user sees of a sweep on a real pool: status with live values, logs, a confirmation, the accounting."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from sweep.monitor.display import progress_json
from sweep.monitor.progress_reader import read_progress
from sweep.pool.bindings import load_bindings
from sweep.results.accounting import collect_accounting
from sweep.results.report import collect_report
from sweep.study.study import Study, open_current
from tests.pool.actions import sweep, wait_for

pytestmark = pytest.mark.pool

# Tries HTCondor's Chirp, reports its first step, and waits for a file before its last.
TWO_STEPS = """
import subprocess
from trainer.trial import Trial
if trial['number'] == 0:
    open('f', 'w').write('written by a job')
    tries = [['put', 'f', SHARED + '/written'], ['fetch', SHARED + '/secret', 'got'], ['ulog', 'x'],
             ['set_job_attr', 'ChirpOther', '1'], ['set_job_attr_delayed', 'ChirpOther', '1']]
    refused = [subprocess.run([CHIRP, *words], capture_output=True).returncode != 0 for words in tries]
    print('refused:', refused, 'got:', os.path.exists('got'))
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
    go, chirp = tmp_path / "go", Path(load_bindings().param["LIBEXEC"]) / "condor_chirp"
    (tmp_path / "secret").write_text("of the user")
    names = {"GO": go, "SHARED": tmp_path, "CHIRP": chirp}
    there = light("".join(f"{name} = {str(value)!r}\n" for name, value in names.items()) + TWO_STEPS, epochs=2)
    sweep("launch", "--generations", "1")

    def live() -> list[float]:
        told = json.loads(progress_json(there, read_progress(there)))
        return [trial["values"].get("val_accuracy") for trial in told["open"] if trial["step"] == 1]

    values = wait_for(lambda: found if len(found := live()) == 3 else None, "three trials have told their first step")
    assert all(value > 0 for value in values)
    # Nothing has come home yet: the values are attributes of the jobs.
    assert not there.paths.trial(0).metrics.read_text()
    told = sweep("status", "--format", "json", check=False).stdout
    assert [trial["values"]["val_accuracy"] for trial in json.loads(told)["open"]] == values
    shown = sweep("status", check=False)
    assert shown.returncode == 10
    assert "epoch 1 of 2, val_accuracy" in shown.stdout
    printed = sweep("logs", "0").stdout
    assert "step 1" in printed
    # A job can set such attributes, and reads and writes no file of its user.
    assert "refused: [True, True, True, True, False] got: False" in printed
    assert not (tmp_path / "written").exists()

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
