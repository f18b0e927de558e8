"""Paths that HTCondor and DAGMan can work with, and those that they cannot."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sweep.errors import ConfigError
from sweep.study.folder_names import check_path, path_mistake

# Each of these ran a study on a real pool.
GOOD = [
    "$HOME", "per%20cent", " leading", "trailing ", "a:b", "star*", "back`tick", 'quo"te', "apos'trophe", "com,ma",
    "semi;amp&(x)=", "naïve", "@(DAG_DIR)", "l" * 240,
]  # fmt: skip
BAD = {
    "$(HOME)x": "has $( or $$",
    "$$(Foo)": "has $( or $$",
    "hash#tag": "has #",
    "back\\slash": "has a backslash",
    "tab\tbed": "cannot be printed",
    "two\nlines": "cannot be printed",
    os.fsdecode(b"latin\xe9"): "no UTF-8",
    "/".join(["l" * 240] * 14): "is longer than 3000 bytes",
}


@pytest.mark.parametrize("name", GOOD)
def test_a_folder_that_ran_on_a_pool_is_accepted(name: str) -> None:
    assert path_mistake(f"/home/me/{name}/runs/tiny") == ""


@pytest.mark.parametrize("name", BAD, ids=ascii)
def test_a_folder_that_htcondor_cannot_hold_is_refused_with_the_reason(name: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check_path(Path(f"/home/me/{name}/runs/tiny"), "folder")
    assert BAD[name] in str(caught.value)
    assert repr(f"/home/me/{name}/runs/tiny") in str(caught.value)
    assert "Rename the folder." in caught.value.advice
