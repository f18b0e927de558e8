"""Writes what a version leaves of two small sweeps that it has launched: one in generations, one in lanes.

    PYTHONPATH=CHECKOUT python tests/upgrade/write_samples.py tests/upgrade/VERSION

CHECKOUT is a checkout of that version, whose names this script uses. Trial 0 of each sweep has ended, trial 1 runs.
What depends on the machine becomes @PYTHON@, @PACKAGE@ and @FOLDER@. The trainer and empty files are left out.
"""

# mypy: ignore-errors

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path

os.environ["CONDOR_CONFIG"] = os.devnull

from sweep.files import locked
from sweep.search import Search

from sweep import launch, resources, serve, study
from sweep.propose import propose

STUDY = """
[study]
name = "tiny"
metric = "val_accuracy"
direction = "maximize"
seed = 7
trials_per_generation = 2
storage = "journal"

[search]
lr = { type = "float", low = 1e-4, high = 1e-1, log = true }
activation = { type = "categorical", choices = ["relu", "gelu"] }

[trainer]
epochs = 1
data = "photos"

[job]
request_memory = "128 MB"
request_disk = "100 MB"
"""

STARTED = """\
000 ({0:03}.000.000) 2026-11-23 05:58:04 Job submitted from host: <127.0.0.1:9>
...
001 ({0:03}.000.000) 2026-11-23 05:58:05 Job executing on host: <127.0.0.1:9>
...
"""


def write(folder: Path, lanes: int | None) -> None:
    """Launch the study in `folder` for two generations, end trial 0 and start trial 1."""
    os.chdir(folder)
    (folder / "photos" / "cat").mkdir(parents=True)
    (folder / "photos" / "cat" / "1.png").write_text("an image\n")
    (folder / "study.toml").write_text(STUDY)
    there = study.initialise(folder / "study.toml", lambda _: None)[0]
    paths = there.paths
    paths.dag.mkdir(exist_ok=True)
    with locked(paths.storage_lock, wait=True):
        launch.write_workflow(Search.open(there, writing=True), 2, set(), lanes)
    if lanes is None:
        propose(there, 0)
    for number in (0, 1):
        with paths.trial(number).job_log.open("a") as log:
            log.write(STARTED.format(11 + number))
    paths.trial(0).metrics.write_text('{"step": 1, "val_accuracy": 0.5}\n')
    post = paths.posts / ("0.0.11" if lanes is None else "lane-0000.0.11")
    post.touch()
    serve.LINGER_SECONDS = 0
    serve.serve(paths, None if lanes is None else 4)
    post.unlink()
    shutil.rmtree(paths.trainer)


def copy(source: Path, target: Path) -> None:
    """Copy the text files of a study, and put placeholders for what depends on the machine."""
    folder = source.parent.parent
    machine = {"@PYTHON@": sys.executable, "@PACKAGE@": str(resources.PACKAGE.parent), "@FOLDER@": str(folder)}
    for file in source.rglob("*"):
        if file.is_file() and file.suffix != ".lock" and file.stat().st_size > 0:
            text = file.read_text()
            for name, path in machine.items():
                text = text.replace(path, name)
            copied = target / file.relative_to(source)
            copied.parent.mkdir(parents=True, exist_ok=True)
            copied.write_text(text)
            shutil.copymode(file, copied)


if __name__ == "__main__":
    place = Path(sys.argv[1]).absolute()
    for mode, lanes in (("generations", None), ("lanes", 2)):
        # Below /tmp DAGMan needs one more setting, which does no harm elsewhere.
        with tempfile.TemporaryDirectory(dir="/tmp") as name:
            write(Path(name), lanes)
            os.chdir(place.parent)
            copy(Path(name) / "runs" / "tiny", place / mode)
