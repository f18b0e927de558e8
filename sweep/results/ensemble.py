"""Scores the averaged predictions of a study's best trials, with the shipped trainer's own program."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

from sweep.errors import StudyError
from sweep.paths import TrialPaths
from sweep.results.report import Report
from sweep.results.table import rich_table, short_text
from sweep.study.commands import study_command
from sweep.study.study import Study
from sweep.system.received import ReceivedFileError, has_content, open_received, read_received
from sweep.units import last_line

if TYPE_CHECKING:
    from rich.table import Table


def score_ensemble(study: Study, report: Report, top: int) -> dict[str, dict[str, float]]:
    """Return the scores on the test set by trial number, the best trial first, and last those of the "ensemble".

    Raises StudyError if fewer than two trials have checkpoints, or if this machine cannot run the trainer.
    """
    if study.config.trainer.command:
        raise StudyError(
            f"{study.paths.config}: [trainer] command runs your own program; sweep can only average models of its "
            "shipped trainer",
            "Average the predictions of your models in your own program.",
        )
    if importlib.util.find_spec("torch") is None:
        raise StudyError(f"{sys.executable} has no torch", "Run: pip install 'htcondor-sweep[trainer]'")
    numbers = [trial["number"] for trial in report.ranked[:top] if _has_model(study.paths.trial(trial["number"]))]
    if len(numbers) < 2:
        raise StudyError(
            f"an ensemble needs two complete trials with checkpoints; the study has {len(numbers)} of the best {top}",
            f"To list its trials, run: {study_command(study, 'report')}",
        )
    specs = [str(study.paths.trial(number).spec) for number in numbers]
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
        reason = last_line(done.stderr, f"exit status {done.returncode}, and nothing on stderr")
        raise StudyError(f"the trainer cannot score the models: {reason}")
    scores: dict[str, dict[str, float]] = json.loads(done.stdout)
    return scores


def _has_model(files: TrialPaths) -> bool:
    """Return whether the trainer can open a trial's checkpoints, and read the file with their digests."""
    for file in files.outputs(checkpoints=True):
        try:
            if file.suffix == ".sha256":
                read_received(file)
            elif file.name.startswith(files.checkpoint.name):
                open_received(file).close()
        except FileNotFoundError:
            continue
        except ReceivedFileError:
            return False
    return has_content(files.checkpoint)


def ensemble_table(scores: dict[str, dict[str, float]]) -> Table:
    """Return the scores as a table for a terminal."""
    rows = [[name, *(short_text(value) for value in values.values())] for name, values in scores.items()]
    return rich_table("on the test set", ["trial", *scores["ensemble"]], rows)
