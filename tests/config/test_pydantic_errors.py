"""Pydantic's messages, as a user reads them."""

from __future__ import annotations

import pytest

from tests.actions import mistakes_after


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('metric = "val_accuracy"', "", "study.toml: [study] metric: missing"),
        ("trials_per_generation", "trial_per_generation", "[study] trial_per_generation: unknown key; did you mean 't"),
        ("seed = 7", 'seed = "7"', '[study] seed: must be a whole number, not "7"'),
        ("seed = 7", "seed = true", "[study] seed: must be a whole number, not true"),
        ("low = 1e-4,", "low = nan,", "[search] lr.low: must be a finite number"),
        ("low = 8,", "low = 8.5,", "[search] width.low: must be a whole number, not 8.5"),
        ("step = 8", "stap = 8", "[search] width.stap: unknown key; did you mean 'step'?"),
        ('type = "int"', 'type = "integer"', "[search] width.type: unknown type 'integer'; did you mean 'int'?"),
        ('type = "int", ', "", "[search] width.type: missing; it must be one of float, int, categorical"),
        ("epochs = 2", "epochs = 0", "[trainer] epochs: must be at least 1, not 0"),
        ("request_memory", "request_memmory", "[job] request_memmory: unknown key; did you mean 'request_memory'?"),
        ("epochs = 2", "epochs = 99999999999", "[trainer] epochs: must be at most 1000000, not 9"),
        ("high = 64", "high = 99999999999999999999", "[search] width.high: must be at most 9007199254740992"),
        ("[job]", "[job]\nrequest_cpus = {}", "[job] request_cpus: must be a whole number"),
        ("[job]", "[jobs]", "[jobs]: unknown section; did you mean 'job'?"),
    ],
)
def test_a_wrong_key_or_type_names_file_key_and_remedy(old: str, new: str, expected: str) -> None:
    found = mistakes_after(old, new)
    assert any(expected in line for line in found), found
