"""What a study file may change once there are trials."""

from __future__ import annotations

import pytest

from sweep.config.changes import changes
from sweep.config.load import parse_config
from tests.samples import STUDY


def changed(old: str, new: str) -> list[tuple[str, bool]]:
    """Return the keys that one replacement changes, and whether each may change."""
    assert old in STUDY
    before, after = parse_config(STUDY, "study.toml"), parse_config(STUDY.replace(old, new, 1), "study.toml")
    return [(change.key, not change.reason) for change in changes(before, after)]


@pytest.mark.parametrize(
    ("old", "new", "key", "allowed"),
    [
        ("trials_per_generation = 3", "trials_per_generation = 4", "[study] trials_per_generation", True),
        ('"512 MB"', '"1 GB"', "[job] request_memory", True),
        ("high = 64", "high = 32", "[search] width", True),
        ("[trainer]", "momentum = 0.9\n[trainer]", "[search] momentum", True),
        ("[trainer]", "[[trials]]\nlr = 0.01\n[trainer]", "[[trials]]", True),
        ('"photos"', f'"photos"\ndata_sha256 = "{"a" * 64}"', "[trainer] data_sha256", True),
        ("epochs = 2", "epochs = 3", "[trainer] epochs", False),
        ('"maximize"', '"minimize"', "[study] direction", False),
        ("seed = 7", "seed = 8", "[study] seed", False),
        ('"gelu", "silu"', '"gelu"', "[search] activation", False),
        ('{ type = "int", low = 8, high = 64, step = 8 }', "8", "[search] width", False),
    ],
)
def test_what_made_the_trials_so_far_comparable_may_not_change(old: str, new: str, key: str, allowed: bool) -> None:
    assert changed(old, new) == [(key, allowed)]


def test_a_digest_that_is_known_may_not_become_another() -> None:
    text = STUDY.replace('"photos"', f'"photos"\ndata_sha256 = "{"a" * 64}"')
    before, after = (parse_config(one, "study.toml") for one in (text, text.replace("a" * 64, "b" * 64)))
    assert [bool(change.reason) for change in changes(before, after)] == [True]


def test_the_same_file_changes_nothing() -> None:
    assert changed("lr         =", "lr =") == []
