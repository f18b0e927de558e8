"""Completes a trial's parameters with the defaults of interface.json."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any


def complete_params(params: dict[str, Any]) -> dict[str, Any]:
    """Return a trial's parameters, with interface.json's defaults for those that the study file does not have.

    A parameter with `repeat` has the names width_1, width_2, …, and they stay. Raises ValueError for a parameter that
    the trainer does not have, or a value that is not one of the parameter's choices.
    """
    interface = json.loads((Path(__file__).parent / "interface.json").read_text(encoding="utf-8"))["parameters"]
    repeated = {name for name in params if "repeat" in interface.get(re.sub(r"_[0-9]+$", "", name), {})}
    if unknown := sorted(set(params) - set(interface) - repeated):
        raise ValueError(f"unknown parameter {unknown[0]!r}; the trainer has {', '.join(interface)}")
    complete = {name: params.get(name, entry["default"]) for name, entry in interface.items()}
    complete |= {name: params[name] for name in sorted(repeated)}
    for name, value in complete.items():
        choices = interface[name if name in interface else re.sub(r"_[0-9]+$", "", name)].get("choices")
        if choices and value not in choices:
            raise ValueError(f"{name} is {value!r}; it must be one of {', '.join(map(str, choices))}")
    return complete
