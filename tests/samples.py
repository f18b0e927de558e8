"""Samples that several test files share: study files, reports, rows and ads."""

from __future__ import annotations

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
