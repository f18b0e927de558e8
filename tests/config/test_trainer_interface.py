"""What the shipped trainer takes and reports, as a study file must use it."""

from __future__ import annotations

import pytest

from tests.actions import mistakes_after


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('metric = "val_accuracy"', 'metric = "val_acuracy"', "did you mean 'val_accuracy'?"),
        ('"val_accuracy"', '["val_loss", "mb"]', "[study] metric: the trainer reports no 'mb'; it reports"),
        ("[job]", '[constraints]\nmetrics = ["modell_mb < 5"]\n[job]', "reports no 'modell_mb'; it reports"),
        (
            '["relu", "gelu", "silu"]',
            '["relu", "elu"]',
            '[search] activation: must be one of relu, gelu, silu, tanh, not "elu"',
        ),
        ("lr         =", "learning_rate =", "[search] learning_rate: the trainer has no such parameter"),
        ("width      =", "widht      =", "[search] widht: the trainer has no such parameter; did you mean 'width'?"),
        (
            'type = "int", low = 8, high = 64, step = 8',
            'type = "float", low = 8, high = 64',
            "[search] width: must be a whole number in",
        ),
        ("high = 64", "high = 99999999", "[search] width: must be at least 1 and at most 65536 in the trainer"),
        ("[search]", '[search]\nmomentum = "high"', '[search] momentum: must be a number in the trainer, not "high"'),
        ("step = 8", 'step = 8, repeat = "lr"', '[search] width.repeat: may only be "n_blocks"'),
        ("log = true", "log = true, repeat = 3", "[search] lr.repeat: must be left out"),
    ],
)
def test_what_the_trainer_does_not_know_is_named(old: str, new: str, expected: str) -> None:
    found = mistakes_after(old, new)
    assert any(expected in line for line in found), found
