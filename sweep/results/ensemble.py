"""Scores the averaged predictions of a study's best trials, by the trainer's own program."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from sweep.errors import StudyError
from sweep.results.report import Report
from sweep.results.table import rich_table, short_text
from sweep.study.study import Study
from sweep.units import last_line

if TYPE_CHECKING:
    from rich.table import Table


def score_ensemble(study: Study, report: Report, top: int) -> dict[str, dict[str, float]]:
    """Scores on the test set: by trial number, the best first, and at last those of the `ensemble`.

    Raises StudyError where there are no two checkpoints, or this machine cannot run the trainer.
    """
    if study.config.trainer.command:
        raise StudyError("only models of the shipped trainer can be averaged", "Average those of your program there.")
    if importlib.util.find_spec("torch") is None:
        raise StudyError(
            f"{sys.executable} has no torch", "Type it on a machine that has: pip install 'htcondor-sweep[trainer]'."
        )
    there = [trial["number"] for trial in report.ranked[:top] if trial["checkpoint"]]
    if len(there) < 2:
        raise StudyError("there are no two complete trials with checkpoints", "See: sweep report")
    specs = [str(study.paths.trial(number).spec) for number in there]
    data = ["--data", study.data] if "://" not in study.data else []
    done = subprocess.run(
        [sys.executable, "-m", "trainer.predict", *specs, *data],
        cwd=study.paths.root,
        env=os.environ | {"PYTHONPATH": str(study.paths.root)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise StudyError(f"the models cannot be scored: {last_line(done.stderr, 'nothing on stderr')}")
    scores: dict[str, dict[str, float]] = json.loads(done.stdout)
    return scores


def ensemble_table(scores: dict[str, dict[str, float]]) -> Table:
    """The scores for a terminal."""
    rows = [[who, *(short_text(value) for value in values.values())] for who, values in scores.items()]
    return rich_table("on the test set", ["trial", *scores["ensemble"]], rows)
