"""Samples that several test files share: study files, reports, rows and ads."""

from __future__ import annotations

from typing import Any

import hypothesis
import pytest

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
