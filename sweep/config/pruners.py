"""Optuna's pruners by the names that a study file uses, and the options that each of them has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sweep.config.optuna_options import NUMBER, OptunaClass

if TYPE_CHECKING:
    from optuna.pruners import BasePruner

NONE = "none"

_PERCENTILE = {"n_startup_trials": (int,), "n_warmup_steps": (int,), "interval_steps": (int,), "n_min_trials": (int,)}

PRUNERS = {
    NONE: OptunaClass("NopPruner", "Ends no trial early.", {}),
    "median": OptunaClass(
        "MedianPruner",
        "Ends a trial whose best value so far is worse than the median of the other trials at the same step.",
        {**_PERCENTILE},
    ),
    "percentile": OptunaClass(
        "PercentilePruner",
        "Keeps the given percentage of trials at each step, and ends the others.",
        {"percentile": NUMBER, **_PERCENTILE},
        required=("percentile",),
    ),
    "successive_halving": OptunaClass(
        "SuccessiveHalvingPruner",
        "Asynchronous successive halving (ASHA): at steps that grow by a factor, only the best trials continue.",
        {
            "min_resource": (int, str),
            "reduction_factor": (int,),
            "min_early_stopping_rate": (int,),
            "bootstrap_count": (int,),
        },
    ),
    "hyperband": OptunaClass(
        "HyperbandPruner",
        "Hyperband: several brackets of successive halving, which start to end trials at different steps.",
        {
            "min_resource": (int,),
            "max_resource": (int, str),
            "reduction_factor": (int,),
            "bootstrap_count": (int,),
        },
    ),
    "threshold": OptunaClass(
        "ThresholdPruner",
        "Ends a trial whose value is below `lower` or above `upper`; give at least one of them.",
        {"lower": NUMBER, "upper": NUMBER, "n_warmup_steps": (int,), "interval_steps": (int,)},
    ),
    "patient": OptunaClass(
        "PatientPruner",
        "Ends a trial that has not become better for `patience` steps.",
        {"patience": (int,), "min_delta": NUMBER},
        required=("patience",),
    ),
    "wilcoxon": OptunaClass(
        "WilcoxonPruner",
        "Ends a trial that a Wilcoxon signed-rank test finds worse than the best trial, step by step.",
        {"p_threshold": NUMBER, "n_startup_steps": (int,)},
    ),
}


def make_pruner(name: str, options: dict[str, Any]) -> BasePruner:
    """Return Optuna's pruner of this name. Raises ValueError or TypeError if Optuna refuses the options together."""
    from optuna import pruners

    wrapped = {"wrapped_pruner": None} if name == "patient" else {}
    pruner: BasePruner = getattr(pruners, PRUNERS[name].class_name)(**wrapped, **options)
    return pruner
