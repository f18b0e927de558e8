"""A sweep that an earlier version launched runs to its end on a real pool, with the package of this version."""

from __future__ import annotations

from pathlib import Path

import pytest

from sweep.paths import StudyPaths
from sweep.pool import schedd
from sweep.study.study import Study
from tests.pool.actions import report, wait_for
from tests.upgrade_samples import MODES, launched_by

pytestmark = pytest.mark.pool

TRAINER = """
import json
trial = json.load(open("trial.json"))
print(json.dumps({"step": 1, "val_accuracy": trial["params"]["lr"]}), file=open("metrics.jsonl", "w"))
"""


def ended(study: Study) -> bool:
    """Return whether the sweep has left the queue."""
    return not schedd.queued_jobs(study.id)


def said(paths: StudyPaths) -> str:
    """Return the logs of the scripts, to show where the sweep went wrong."""
    return "\n".join(file.read_text() for file in sorted(paths.dag.glob("*.log")) if file.stat().st_size < 10**5)


@pytest.mark.parametrize("mode", MODES)
def test_a_sweep_of_an_earlier_version_runs_to_its_end(here: Path, mode: str) -> None:
    study = launched_by("0.1.0", mode, here)
    (study.paths.trainer / "__init__.py").touch()
    (study.paths.trainer / "__main__.py").write_text(TRAINER)
    scripts = {name: study.paths.dag.joinpath(name).read_text() for name in ("propose", "harvest", "keep")}
    schedd.submit_dag(study.paths.outer_dag, "sweep tiny")
    wait_for(lambda: ended(study), "the sweep ends")
    trials = report(study)["trials"]
    assert [trial["state"] for trial in trials] == ["COMPLETE"] * 4, said(study.paths)
    assert [(trial["generation"], trial["number"]) for trial in trials] == [(0, 0), (0, 1), (1, 2), (1, 3)]
    assert trials[0]["values"] == {"val_accuracy": 0.5}
    assert all(trial["values"]["val_accuracy"] == trial["params"]["lr"] for trial in trials[1:])
    assert {name: study.paths.dag.joinpath(name).read_text() for name in scripts} == scripts
