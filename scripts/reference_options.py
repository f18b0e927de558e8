"""Generates the tables of samplers and pruners, and of the shipped trainer's parameters and metrics."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

from scripts.reference_table import code, one_of, table
from sweep.config.optuna_options import OptunaClass
from sweep.config.pruners import PRUNERS
from sweep.config.samplers import SAMPLERS
from sweep.config.trainer_interface import trainer_interface
from sweep.trial.cutoffs import PRECOMPUTED

TYPE_NAMES = {"bool": "boolean", "int": "integer", "float": "number", "str": "string"}


def samplers_table(_: str) -> str:
    """Return what each sampler does, can do and needs, and then its options."""
    rows = [
        (
            f"`{name}`",
            sampler.description,
            f"`{sampler.class_name}`" if name != "grid" else "sweep's own",
            _yes(sampler.multi_objective),
            _yes(sampler.uses_constraints),
            ", ".join(f"`{package}`" for package in sampler.packages) or "—",
        )
        for name, sampler in SAMPLERS.items()
    ]
    heads = ["`name`", "what it does", "in Optuna", "several objectives", "uses `[constraints] metrics`", "packages"]
    return f"{table(heads, rows)}\n\n{_options('samplers', SAMPLERS)}"


def pruners_table(_: str) -> str:
    """Return what each pruner does and needs, and then its options."""
    rows = [
        (f"`{name}`", pruner.description, f"`{pruner.class_name}`", _yes(name not in (*PRECOMPUTED, "none")))
        for name, pruner in PRUNERS.items()
    ]
    heads = ["`name`", "what it does", "in Optuna", "needs `[job] slice`"]
    return f"{table(heads, rows)}\n\n{_options('pruners', PRUNERS)}"


def _yes(true: bool) -> str:
    return "yes" if true else "no"


def _options(module: str, classes: Mapping[str, OptunaClass]) -> str:
    """Return the table of all options, with the defaults that Optuna's own classes have."""
    import optuna

    rows = []
    for name, entry in classes.items():
        signature = inspect.signature(getattr(getattr(optuna, module), entry.class_name)).parameters
        for option, types in entry.options.items():
            default = signature[option].default
            shown = (
                "**required**"
                if default is inspect.Parameter.empty
                else code(default)
                if default is not None
                else "none"
            )
            kinds = [TYPE_NAMES[one.__name__] for one in types if not (one is int and float in types)]
            rows.append((f"`{name}`", f"`{option}`", one_of(kinds), shown))
    return table(["`name`", "option", "type", "default"], rows)


def trainer_parameters(_: str) -> str:
    """Return the table of parameters that the shipped trainer accepts."""
    rows = [
        (f"`{name}`", _accepted(entry), code(entry["default"]), entry["help"])
        for name, entry in trainer_interface()["parameters"].items()
    ]
    return table(["parameter", "accepts", "default", "meaning"], rows)


def _accepted(entry: Mapping[str, Any]) -> str:
    if "choices" in entry:
        text = ", ".join(f"`{choice}`" for choice in entry["choices"])
    else:
        bounds = [f"at {word} {entry[side]}" for side, word in (("low", "least"), ("high", "most")) if side in entry]
        text = ", ".join([TYPE_NAMES[entry["kind"]], *bounds])
    return text + (f'; may have `repeat = "{entry["repeat"]}"`' if "repeat" in entry else "")


def trainer_metrics(_: str) -> str:
    """Return the metrics that the shipped trainer reports, in one line."""
    return ", ".join(f"`{name}`" for name in trainer_interface()["metrics"])
