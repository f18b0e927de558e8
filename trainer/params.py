"""A trial's parameters, whole: those that the study does not search have the defaults of interface.json."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any


def complete_params(params: dict[str, Any]) -> dict[str, Any]:
    """A trial's parameters, with interface.json's defaults for those that the study does not search.

    A parameter that may be repeated keeps the names that the study gives it, width_1, width_2, … Raises ValueError for
    a name that the trainer does not know, or a value that is not one of its choices.
    """
    interface = json.loads((Path(__file__).parent / "interface.json").read_text(encoding="utf-8"))["parameters"]
    repeated = {name for name in params if "repeat" in interface.get(re.sub(r"_[0-9]+$", "", name), {})}
    if unknown := sorted(set(params) - set(interface) - repeated):
        raise ValueError(f"unknown parameter {unknown[0]!r}; known are {', '.join(interface)}")
    known = {name: params.get(name, entry["default"]) for name, entry in interface.items()}
    known |= {name: params[name] for name in sorted(repeated)}
    for name, value in known.items():
        choices = interface[name if name in interface else re.sub(r"_[0-9]+$", "", name)].get("choices")
        if choices and value not in choices:
            raise ValueError(f"{name} is {value!r}; it may be {', '.join(map(str, choices))}")
    return known
