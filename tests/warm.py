"""Imported by the process that tests/crashes.py forks from: does once what loads and compiles at its first use."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import tests.quick_storage  # noqa: F401
from sweep.control.initialise import initialise
from sweep.nodes.propose import propose
from tests import crashes
from tests.crash_actions import Posts, lanes_launched

STUDY = """
[study]
name = "warm"
metric = "score"
direction = "maximize"
trials_per_generation = 2
[search]
lr = { type = "float", low = 1e-4, high = 1e-1, log = true }
width = { type = "int", low = 8, high = 64, step = 8 }
activation = { type = "categorical", choices = ["relu", "gelu", "silu"] }
[trainer]
command = ["true"]
[job]
request_memory = "512 MB"
"""

here = Path.cwd()
crashes.make_hasty()
with tempfile.TemporaryDirectory() as folder:
    os.chdir(folder)
    file = Path("study.toml")
    file.write_text(STUDY)
    study = initialise(file, lambda _: None)[0]
    lanes_launched(study.paths.root)
    propose(study, 0)
    study.paths.trial(0).metrics.write_text('{"step": 1, "score": 0.5}\n')
    Posts(study.paths.root, ("0.0.10",))()
    os.chdir(here)
