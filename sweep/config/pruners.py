"""Optuna's pruners by the names that a study file has for them, with the options that each takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sweep.config.optuna_options import NUMBER, OptunaClass

if TYPE_CHECKING:
    from optuna.pruners import BasePruner


NONE = "none"


_PERCENTILE = {"n_startup_trials": (int,), "n_warmup_steps": (int,), "interval_steps": (int,), "n_min_trials": (int,)}


PRUNERS = {
    NONE: OptunaClass("NopPruner", {}),
    "median": OptunaClass("MedianPruner", {**_PERCENTILE}),
    "percentile": OptunaClass("PercentilePruner", {"percentile": NUMBER, **_PERCENTILE}),
    "successive_halving": OptunaClass(
        "SuccessiveHalvingPruner",
        {
            "min_resource": (int, str),
            "reduction_factor": (int,),
            "min_early_stopping_rate": (int,),
            "bootstrap_count": (int,),
        },
    ),
    "hyperband": OptunaClass(
        "HyperbandPruner",
        {
            "min_resource": (int,),
            "max_resource": (int, str),
            "reduction_factor": (int,),
            "bootstrap_count": (int,),
        },
    ),
    "threshold": OptunaClass(
        "ThresholdPruner",
        {"lower": NUMBER, "upper": NUMBER, "n_warmup_steps": (int,), "interval_steps": (int,)},
    ),
    "patient": OptunaClass("PatientPruner", {"patience": (int,), "min_delta": NUMBER}),
    "wilcoxon": OptunaClass("WilcoxonPruner", {"p_threshold": NUMBER, "n_startup_steps": (int,)}),
}


def make_pruner(name: str, options: dict[str, Any]) -> BasePruner:
    """Raises ValueError or TypeError, as Optuna words it, for options that do not go together."""
    from optuna import pruners

    wrapped = {"wrapped_pruner": None} if name == "patient" else {}
    pruner: BasePruner = getattr(pruners, PRUNERS[name].of)(**wrapped, **options)
    return pruner
