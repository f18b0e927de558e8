"""Lanes on a real pool: no barrier, no trial lost or asked twice, slices and cut-offs."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from sweep.control.repair import repair_storage
from sweep.study.study import Study
from tests.pool.actions import GOOD, TRAINS, kill, report, sweep, wait_for

pytestmark = pytest.mark.pool

# The first waits until all others have ended; a generation would wait for it.
UNEVEN = """
ended = {ended!r}
while trial['number'] == 0 and len(os.listdir(ended)) < 11:
    time.sleep(0.1)
open(f"{{ended}}/{{trial['number']}}", 'w').close()
"""


def test_fast_lanes_take_over_what_slow_ones_leave(light: Callable[..., Study], tmp_path: Path) -> None:
    ended = tmp_path / "ended"
    ended.mkdir()
    ended.chmod(0o777)
    there = light(UNEVEN.format(ended=str(ended)) + GOOD)
    done = sweep("launch", "--generations", "4", "--lanes", "4", "--watch")
    assert "The sweep has ended" in done.stdout
    trials = report()["trials"]
    assert [(trial["number"], trial["state"]) for trial in trials] == [(n, "COMPLETE") for n in range(12)]
    assert [(trial["generation"], trial["index"]) for trial in trials] == [(n // 3, n % 3) for n in range(12)]
    log = there.paths.harvest_log.read_text()
    given = Counter(re.findall(r"^trial \d+: COMPLETE; (lane-\d+) ", log, re.MULTILINE))
    assert sum(given.values()) == 12
    assert len(given) == 4
    assert min(given.values()) == 1
    assert "has its 4 generations: nothing to do" in sweep("launch", "--generations", "4", "--lanes", "4").stdout
    # As generations it goes on, and as lanes again.
    sweep("launch", "--generations", "5", "--watch")
    sweep("launch", "--generations", "6", "--lanes", "2", "--watch")
    trials = report()["trials"]
    assert [(trial["generation"], trial["index"]) for trial in trials] == [(n // 3, n % 3) for n in range(18)]
    assert {trial["state"] for trial in trials} == {"COMPLETE"}


def test_killed_lanes_go_on_as_if_nothing_had_happened(light: Callable[..., Study]) -> None:
    there = light(TRAINS)
    sweep("launch", "--generations", "2", "--lanes", "2")
    wait_for(lambda: [t["attempts"] for t in report()["trials"]] == [1, 1], "both lanes run")
    assert kill("condor_starter") > 0
    assert kill("condor_dagman") > 0
    assert kill("condor_schedd") == 1
    sweep("pool", "start")
    wait_for(lambda: len(report()["trials"]) > 2, "lanes have gone on")
    sweep("stop", "--now")
    sweep("launch", "--generations", "2", "--lanes", "3", "--watch")
    trials = report()["trials"]
    assert [(trial["number"], trial["state"]) for trial in trials] == [(n, "COMPLETE") for n in range(6)]
    assert all(trial["values"]["val_accuracy"] == trial["params"]["lr"] for trial in trials)
    assert repair_storage(there) == []


# Gets better with each step, by an amount that its number decides; stops where it is cut off, and after each slice.
SLICED = """
done = len(open('metrics.jsonl').readlines())
for step in range(done + 1, trial['target_step'] + 1):
    value = step * (10 - trial['number'])
    print(json.dumps({'step': step, 'val_accuracy': value}), file=open('metrics.jsonl', 'a'))
    if value < trial['cutoffs'].get(str(step), value) or step - done == trial['slice_epochs']: break
open('checkpoint', 'w').write('x' * step)
"""


@pytest.mark.parametrize("mode", [[], ["--lanes", "3"]], ids=["generations", "lanes"])
def test_slices_end_and_go_on_and_the_worse_are_pruned(light: Callable[..., Study], mode: list[str]) -> None:
    pruner = '[pruner]\nname = "median"\nn_startup_trials = 1\nn_warmup_steps = 1\n'
    there = light(SLICED, job=f'slice = "2 epochs"\n{pruner}', epochs=5)
    sweep("launch", "--generations", "2", *mode, "--watch")
    trials = report()["trials"]
    assert len(trials) == 6
    assert trials[0]["state"] == "COMPLETE"
    assert trials[0]["attempts"] == 3, "2, 2 and 1 of 5 epochs"
    assert {trial["state"] for trial in trials} == {"COMPLETE", "PRUNED"}
    # Each is worse than those before it: of the second generation none gets far.
    late = [trial for trial in trials if trial["generation"] == 1]
    assert {trial["state"] for trial in late} == {"PRUNED"}
    assert all(trial["steps"] < 5 and trial["reason"] for trial in late)
    assert repair_storage(there) == []


def test_a_trial_that_fails_does_not_break_its_lane(light: Callable[..., Study]) -> None:
    light("if trial['number'] in (1, 2): sys.exit('no photos')\n" + GOOD)
    done = sweep("launch", "--generations", "2", "--lanes", "2", "--watch")
    assert "The sweep has ended" in done.stdout
    states = [trial["state"] for trial in report()["trials"]]
    assert states == ["COMPLETE", "FAIL", "FAIL", "COMPLETE", "COMPLETE", "COMPLETE"]
    # A target ends the sweep before it has all its trials, and says so.
    file = Path("study.toml")
    file.write_text(file.read_text() + "target = 0.0\n")
    sweep("init", "study.toml")
    assert "has ended: trial 0 reached the target" in sweep("launch", "--generations", "9", "--lanes", "2").stdout
    assert "No more trials will be proposed: trial 0 reached the target" in sweep("report").stdout
