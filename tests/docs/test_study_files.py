"""Every fragment of a study file, or of a site's, in the documentation loads."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
import tomli_w

from sweep.config.load import parse_config
from sweep.config.sites import Site
from tests.docs.blocks import Block, blocks

FRAGMENTS = [block for block in blocks() if block.language == "toml"]

SHIPPED: dict[str, Any] = {"epochs": 20, "data": "photos.zip"}
"""[trainer] of a study with the shipped trainer."""

PARAMETERS = """
lr = { type = "float", low = 1e-4, high = 0.1, log = true }
width = { type = "int", low = 8, high = 64 }
n_blocks = { type = "int", low = 1, high = 2 }
optimizer = { type = "categorical", choices = ["sgd", "adamw"] }
momentum = { type = "float", low = 0.0, high = 0.99 }
architecture = { type = "categorical", choices = ["convnet", "resnet18"] }
"""
"""What fragments look at that have no [search] of their own."""


def whole(fragment: dict[str, Any]) -> dict[str, Any]:
    """Return a fragment as a whole study file: what it lacks is filled in."""
    trainer = fragment.get("trainer", {})
    study = {"name": "fragment", "metric": "val_accuracy", "direction": "maximize", "trials_per_generation": 2}
    return {
        **fragment,
        "study": {**study, **fragment.get("study", {})},
        "search": fragment.get("search", tomllib.loads(PARAMETERS)),
        "trainer": {**({} if "command" in trainer else SHIPPED), **trainer},
    }


@pytest.mark.parametrize("block", FRAGMENTS, ids=lambda block: block.where)
def test_it_loads(block: Block, tmp_path: Path) -> None:
    fragment = tomllib.loads(block.text)
    if "rules" in fragment:
        Site.model_validate(fragment)
        return
    site = fragment.get("job", {}).get("site", "")
    assert not site.endswith(".toml"), "this fragment needs a file"
    parse_config(tomli_w.dumps(whole(fragment)), str(tmp_path / "study.toml"))
