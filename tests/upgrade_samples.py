"""Sweeps as an earlier version left them: tests/upgrade/VERSION, which tests/upgrade/write_samples.py wrote."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from sweep.paths import StudyPaths
from sweep.resources import PACKAGE
from sweep.study.study import Study, load_study

SAMPLES = Path(__file__).with_name("upgrade")
MODES = ["generations", "lanes"]


def launched_by(version: str, mode: str, folder: Path) -> Study:
    """Copy a sweep of that version into `folder`, as if it had been launched there, and return its study.

    Trial 0 has ended, trial 1 runs. The folder of the trainer is empty.
    """
    root = folder / "runs" / "tiny"
    shutil.copytree(SAMPLES / version / mode, root)
    machine = {"@PYTHON@": sys.executable, "@PACKAGE@": str(PACKAGE.parent), "@FOLDER@": str(folder)}
    for file in filter(Path.is_file, root.rglob("*")):
        text = file.read_text()
        for name, path in machine.items():
            text = text.replace(name, path)
        file.write_text(text)
    (folder / "photos" / "cat").mkdir(parents=True)
    (folder / "photos" / "cat" / "1.png").write_text("an image\n")
    paths = StudyPaths(root)
    for empty in (paths.posts, paths.lanes, paths.trainer):
        empty.mkdir(exist_ok=True)
    for number in paths.trial_numbers():
        files = paths.trial(number)
        for output in (*files.outputs(checkpoints=True), files.own_submit):
            output.touch()
    return load_study(paths)
