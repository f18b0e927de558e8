"""Samples that several test files share: study files, reports, rows and ads."""

from __future__ import annotations

import tomllib
from typing import Any

import hypothesis
import pytest

from sweep.config.parameters import AnyParameter
from sweep.config.trainer_interface import PARAMETER_ADAPTER
from sweep.optimizer.trial_row import TrialRow
from sweep.pool.classads import Ad
from sweep.study.tried import TryResult

STUDY = """
[study]
name = "tiny"
metric = "val_accuracy"
direction = "maximize"
seed = 7
trials_per_generation = 3

[search]
lr         = { type = "float", low = 1e-4, high = 1e-1, log = true }
width      = { type = "int", low = 8, high = 64, step = 8 }
activation = { type = "categorical", choices = ["relu", "gelu", "silu"] }

[trainer]
epochs = 2
data = "photos"

[job]
request_memory = "512 MB"
"""

IMAGES_PER_CLASS = 60
"""Of the fixture `photos`."""

GOOD = '{"step": 1, "val_accuracy": 0.5}\n{"step": 2, "val_accuracy": 0.75}\n'
"""A metrics.jsonl of the study above."""


def ad(text: str) -> Ad:
    """Return the ClassAd that this text writes down."""
    from classad2 import ClassAd

    return ClassAd(text)


TRIED = TryResult({}, 1, {}, 5.0, 90.0, 10**9, 0, 30 * 2**20, 10**6)
"""What `sweep try` measured: epochs of 90 s, 1 GB of memory, checkpoints of 30 MB."""


def row(number: int, state: str, value: float | None = None, **changes: Any) -> TrialRow:
    """Return a trial of the study above as the storage has it; keywords change it."""
    values: dict[str, Any] = {
        "params": {"lr": 0.012345678901234567, "width": 8 * (number + 1), "activation": "relu"},
        "generation": number // 3,
        "index": number % 3,
        "intermediate": {},
        "attempts": 1,
        "evictions": 0,
        "duration_s": 61.0,
        "lost_s": 0.0,
        "steps": 2,
        "reason": "",
        "violations": {},
        **changes,
    }
    return TrialRow(number=number, state=state, values={} if value is None else {"val_accuracy": value}, **values)


OWN = STUDY.replace(
    'epochs = 2\ndata = "photos"',
    """command = ["python", "train.py", "--lr={lr}", ["--width", "{width}"], "{activation}"]
inputs = ["train.py"]
environment = { SEED = "{seed}" }
metrics = "log.csv"
""",
).replace("val_accuracy", "score")
"""The study above, with a program of the user's own."""

STORAGES = ["sqlite", "journal", pytest.param("postgresql", marks=pytest.mark.processes)]
"""Kinds of storage, as parameters of a fixture."""


def examples(count: int) -> int:
    """Return how many examples Hypothesis tries: `count` in `make test`, fewer in `make quick`."""
    default: int = hypothesis.settings.get_profile("default").max_examples
    return max(10, count * hypothesis.settings().max_examples // default)


OWN_SITE = """
name = "the cellar"
[job]
request_cpus = 2
[job.attributes]
Cellar = "deep"
[[rules]]
avoid = "Cellar == 'deep' and epochs > 1"
advice = "keep it short"
source = "https://example.org/cellar"
level = "error"
"""
"""A site's file, with a rule that the study above breaks."""

REPORT_ROWS = [
    row(0, "COMPLETE", 0.5),
    row(1, "COMPLETE", 0.75),
    row(2, "FAIL", steps=1, reason="exit status 1: [bold]no photos[/bold]"),
    row(3, "COMPLETE", 0.75, attempts=3),
    row(4, "RUNNING", attempts=None, duration_s=None, steps=None),
]
"""The trials of a study that is running."""

SEARCH = """
nesterov  = { type = "bool", when = { momentum = 0.9 } }
momentum  = { type = "categorical", choices = [0.0, 0.9], when = { optimizer = "sgd" } }
optimizer = { type = "categorical", choices = ["sgd", "adam", "adamw"] }
decay     = { type = "float", low = 0.0, high = 1.0, when = { optimizer = ["adam", "adamw"] } }
width     = { type = "int", low = 8, high = 64, step = 8, repeat = "blocks" }
blocks    = { type = "int", low = 1, high = 3 }
head      = { type = "int", low = 1, high = 9, repeat = 2, when = { blocks = 3 } }
epsilon   = { type = "fixed", value = 1e-8, when = { optimizer = "adam" } }
norm      = "batch"
"""
"""A search with conditions and repetitions."""


def search(text: str) -> dict[str, AnyParameter]:
    return {name: PARAMETER_ADAPTER.validate_python(entry) for name, entry in tomllib.loads(text).items()}
