"""What the shipped trainer takes and reports."""

from __future__ import annotations

import re

from sweep import resources
from sweep.config.trainer_interface import trainer_interface


def test_the_readme_names_all_that_the_trainer_takes_and_reports() -> None:
    text = (resources.PACKAGE.parent / "README.md").read_text()
    interface = trainer_interface()
    choices = [choice for entry in interface["parameters"].values() for choice in entry.get("choices", [])]
    names = [*interface["parameters"], *interface["metrics"], *(one for one in choices if isinstance(one, str))]
    shown = set(re.findall(r"`([^`]+)`", text))
    assert [name for name in names if name not in shown and name not in ("relu", "gelu", "silu", "tanh", "batch")] == []
