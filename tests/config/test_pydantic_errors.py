"""Pydantic's messages, as a user reads them."""

from __future__ import annotations

import pytest

from tests.actions import mistakes_after


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('metric = "val_accuracy"', "", "study.toml: [study] metric: missing"),
        ("trials_per_generation", "trial_per_generation", "[study] trial_per_generation: unknown key; did you mean 't"),
        ("seed = 7", 'seed = "7"', "[study] seed: input should be a valid integer (it is '7')"),
        ("seed = 7", "seed = true", "[study] seed: input should be a valid integer"),
        ("low = 1e-4,", "low = nan,", "[search] lr.low: input should be a finite number"),
        ("low = 8,", "low = 8.5,", "[search] width.low: input should be a valid integer"),
        ("step = 8", "stap = 8", "[search] width.stap: unknown key; did you mean 'step'?"),
        ('type = "int"', 'type = "integer"', "[search] width.type: unknown type 'integer'; did you mean 'int'?"),
        ('type = "int", ', "", "[search] width.type: missing; it must be one of float, int, categorical"),
        ("epochs = 2", "epochs = 0", "[trainer] epochs: input should be greater than or equal to 1 (it is 0)"),
        ("request_memory", "request_memmory", "[job] request_memmory: unknown key; did you mean 'request_memory'?"),
        ("epochs = 2", "epochs = 99999999999", "[trainer] epochs: input should be less than or equal to 1000000"),
        ("high = 64", "high = 99999999999999999999", "[search] width.high: input should be less than or equal to"),
        ("[job]", "[job]\nrequest_cpus = {}", "[job] request_cpus: input should be a valid integer"),
        ("[job]", "[jobs]", "[jobs]: unknown section; did you mean 'job'?"),
    ],
)
def test_a_wrong_key_or_type_names_file_key_and_remedy(old: str, new: str, expected: str) -> None:
    found = mistakes_after(old, new)
    assert any(expected in line for line in found), found
