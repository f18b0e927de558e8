"""Optuna's samplers by the names that a study file has for them, with the options that each takes."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sweep.config.conditions import TrialParameter
from sweep.config.optuna_options import NUMBER, OptunaClass, Types
from sweep.config.parameters import FloatParameter, IntParameter, values_of
from sweep.errors import StudyError
from sweep.trial.spec import ParamValue

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler


@dataclass(frozen=True)
class Sampler(OptunaClass):
    """A sampler, and packages that it needs.

    `has_model` samplers learn from values, so that a first generation is better spread evenly than drawn by them;
    `lists` all configurations there are; `many` objectives may be optimised at once; `heeds` constraints on metrics.
    """

    needs: tuple[str, ...] = ()
    has_model: bool = True
    lists: bool = False
    many: bool = True
    heeds: bool = False


_EVOLUTION: dict[str, Types] = {
    "population_size": (int,),
    "mutation_prob": NUMBER,
    "crossover_prob": NUMBER,
    "swapping_prob": NUMBER,
}


SAMPLERS: dict[str, Sampler] = {
    "tpe": Sampler(
        "TPESampler",
        {
            "prior_weight": NUMBER,
            "n_startup_trials": (int,),
            "n_ei_candidates": (int,),
            "multivariate": (bool,),
            "group": (bool,),
            "constant_liar": (bool,),
        },
        heeds=True,
    ),
    "gp": Sampler(
        "GPSampler",
        {"n_startup_trials": (int,), "deterministic_objective": (bool,)},
        needs=("scipy", "torch"),
        heeds=True,
    ),
    "cmaes": Sampler(
        "CmaEsSampler",
        {
            "sigma0": NUMBER,
            "n_startup_trials": (int,),
            "popsize": (int,),
            "use_separable_cma": (bool,),
            "with_margin": (bool,),
            "lr_adapt": (bool,),
            "consider_pruned_trials": (bool,),
        },
        needs=("cmaes", "scipy"),
        many=False,
    ),
    "nsgaii": Sampler("NSGAIISampler", _EVOLUTION, heeds=True),
    "nsgaiii": Sampler("NSGAIIISampler", {**_EVOLUTION, "dividing_parameter": (int,)}, heeds=True),
    "qmc": Sampler("QMCSampler", {"qmc_type": (str,), "scramble": (bool,)}, needs=("scipy",)),
    "random": Sampler("RandomSampler", {}, has_model=False),
    # sweep's own (see grid.py); what a listed configuration leaves open is drawn.
    "grid": Sampler("RandomSampler", {}, has_model=False, lists=True),
    "bruteforce": Sampler("BruteForceSampler", {"avoid_premature_stop": (bool,)}, has_model=False, lists=True),
}


DEFAULT = "tpe"


LONGEST_COUNT = 200_000
"""Configurations, whole and in part, that are looked at to count them."""


def make_sampler(name: str, options: dict[str, Any], study_seed: int, seed: int) -> BaseSampler:
    """The sampler for one proposal, whose own seed is `seed`.

    Raises StudyError where a package that it needs is missing, or an option is odd.
    """
    from optuna import samplers

    kind = SAMPLERS[name]
    for package in kind.needs:
        if importlib.util.find_spec(package) is None:
            raise StudyError(f"[sampler] name: {name} needs the package {package}", f"pip install {package}")
    quiet: dict[str, Any] = {"warn_independent_sampling": False} if name in ("gp", "cmaes", "qmc") else {}
    try:
        if name == "qmc":
            # One sequence goes through the whole study; what it cannot give is drawn for each trial.
            others = samplers.RandomSampler(seed=seed)
            return samplers.QMCSampler(**options, **quiet, seed=study_seed, independent_sampler=others)
        sampler: BaseSampler = getattr(samplers, kind.of)(**options, **quiet, seed=seed)
    except (ValueError, TypeError, AssertionError) as error:
        raise StudyError(f"[sampler]: {error or options}", "Mend study.toml.") from error
    return sampler


def listed_values(one: TrialParameter) -> list[ParamValue] | None:
    """All values of a parameter; None where they cannot be listed."""
    parameter = one.parameter
    if isinstance(parameter, IntParameter) and not parameter.log:
        return list(range(parameter.low, parameter.high + 1, parameter.step))
    if isinstance(parameter, FloatParameter):
        if parameter.step is None:
            return None
        count = int((parameter.high - parameter.low) / parameter.step + 1e-9) + 1
        # Not above high, by which rounding may miss it.
        return [min(parameter.low + position * parameter.step, parameter.high) for position in range(count)]
    if isinstance(parameter, IntParameter):
        return list(range(parameter.low, parameter.high + 1))
    return values_of(parameter)


def count_configurations(
    asked: Sequence[TrialParameter], allow: Callable[[Mapping[str, ParamValue]], bool], most: int
) -> int:
    """How many configurations there are that are allowed; `most` where there are more, or where to count takes long."""
    found = looked_at = 0
    open_ends: list[dict[str, ParamValue]] = [{}]
    places = [0]
    while open_ends:
        values, place = open_ends.pop(), places.pop()
        looked_at += 1
        if found >= most or looked_at > LONGEST_COUNT:
            return most
        while place < len(asked) and not asked[place].is_active(values):
            place += 1
        if place == len(asked):
            found += allow(values)
            continue
        for value in listed_values(asked[place]) or []:
            open_ends.append({**values, asked[place].name: value})
            places.append(place + 1)
    return found


def unlistable(name: str, asked: Sequence[TrialParameter]) -> list[str]:
    """Parameters that a sampler which lists all configurations cannot take, each with the reason."""
    if not SAMPLERS[name].lists:
        return []
    found = [f"{one.name}: {name} needs a step, or a list of choices" for one in asked if listed_values(one) is None]
    if name == "grid":
        found += [
            f"{one.name}: grid has no conditions and no repetitions; bruteforce has"
            for one in asked
            if one.parameter.when or one.position is not None
        ]
    return found
