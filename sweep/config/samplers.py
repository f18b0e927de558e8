"""Optuna's samplers by the names that a study file uses, and the options that each of them has."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sweep.config.conditions import TrialParameter
from sweep.config.optuna_options import NUMBER, OptunaClass, Types
from sweep.config.parameters import listed_values
from sweep.errors import StudyError
from sweep.trial.spec import ParamValue

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler


@dataclass(frozen=True)
class Sampler(OptunaClass):
    """A sampler, the `packages` that it needs, and what it can do.

    `has_model`: it learns from values, so a first generation that is spread evenly is better than one that it draws.
    `is_exhaustive`: it proposes every configuration once. `multi_objective`: it can optimise several objectives.
    `uses_constraints`: it learns to avoid trials that break constraints on metrics. `lists_values`: Optuna lists all
    values of an int, or of a float with a step, when it proposes.
    """

    packages: tuple[str, ...] = ()
    has_model: bool = True
    is_exhaustive: bool = False
    multi_objective: bool = True
    uses_constraints: bool = False
    lists_values: bool = False


_EVOLUTION: dict[str, Types] = {
    "population_size": (int,),
    "mutation_prob": NUMBER,
    "crossover_prob": NUMBER,
    "swapping_prob": NUMBER,
}

SAMPLERS: dict[str, Sampler] = {
    "tpe": Sampler(
        "TPESampler",
        "Tree-structured Parzen estimator: quick, and good at conditional parameters.",
        {
            "prior_weight": NUMBER,
            "n_startup_trials": (int,),
            "n_ei_candidates": (int,),
            "multivariate": (bool,),
            "group": (bool,),
            "constant_liar": (bool,),
        },
        uses_constraints=True,
    ),
    "gp": Sampler(
        "GPSampler",
        "Bayesian optimisation with a Gaussian process: few trials, more time for each proposal.",
        {"n_startup_trials": (int,), "deterministic_objective": (bool,)},
        packages=("scipy", "torch"),
        uses_constraints=True,
        lists_values=True,
    ),
    "cmaes": Sampler(
        "CmaEsSampler",
        "CMA-ES, an evolution strategy for numbers; it draws categorical parameters at random.",
        {
            "sigma0": NUMBER,
            "n_startup_trials": (int,),
            "popsize": (int,),
            "use_separable_cma": (bool,),
            "with_margin": (bool,),
            "lr_adapt": (bool,),
            "consider_pruned_trials": (bool,),
        },
        packages=("cmaes", "scipy"),
        multi_objective=False,
    ),
    "nsgaii": Sampler(
        "NSGAIISampler", "NSGA-II, a genetic algorithm for several objectives.", _EVOLUTION, uses_constraints=True
    ),
    "nsgaiii": Sampler(
        "NSGAIIISampler",
        "NSGA-III, a genetic algorithm for many objectives.",
        {**_EVOLUTION, "dividing_parameter": (int,)},
        uses_constraints=True,
    ),
    "qmc": Sampler(
        "QMCSampler",
        "Quasi-Monte Carlo: a sequence that fills the space evenly.",
        {"qmc_type": (str,), "scramble": (bool,)},
        packages=("scipy",),
    ),
    "random": Sampler("RandomSampler", "Draws every value at random.", {}, has_model=False),
    # sweep lists the configurations itself (optimizer/grid.py); Optuna draws what a listed configuration leaves open.
    "grid": Sampler(
        "RandomSampler",
        "Every combination of all values, in random order; without conditions and repetitions.",
        {},
        has_model=False,
        is_exhaustive=True,
    ),
    "bruteforce": Sampler(
        "BruteForceSampler",
        "Every combination of all values, with conditions and repetitions.",
        {"avoid_premature_stop": (bool,)},
        has_model=False,
        is_exhaustive=True,
    ),
}

DEFAULT = "tpe"

MAX_COUNTED = 200_000
"""Configurations, whole and partial, that `count_configurations` looks at."""


def make_sampler(name: str, options: dict[str, Any], study_seed: int, seed: int) -> BaseSampler:
    """Return Optuna's sampler of this name for one proposal, which has the seed `seed`.

    Raises StudyError if a package is missing, or if Optuna refuses the options.
    """
    from optuna import samplers

    entry = SAMPLERS[name]
    for package in entry.packages:
        if importlib.util.find_spec(package) is None:
            raise StudyError(
                f"[sampler] name: {name} needs the package {package}, which is not installed",
                f"To install it, run: pip install {package}",
            )
    quiet: dict[str, Any] = {"warn_independent_sampling": False} if name in ("gp", "cmaes", "qmc") else {}
    try:
        if name == "qmc":
            # The whole study takes one sequence. What the sequence cannot give is drawn for each trial.
            independent = samplers.RandomSampler(seed=seed)
            return samplers.QMCSampler(**options, **quiet, seed=study_seed, independent_sampler=independent)
        sampler: BaseSampler = getattr(samplers, entry.class_name)(**options, **quiet, seed=seed)
    except (ValueError, TypeError, AssertionError) as error:
        reason = error if str(error) else f"refuses the options {options}"
        raise StudyError(
            f"[sampler]: {name}: {reason}", "Fix [sampler] in your study file, then run: sweep init study.toml"
        ) from error
    return sampler


def count_configurations(
    parameters: Sequence[TrialParameter], allow: Callable[[Mapping[str, ParamValue]], bool], limit: int
) -> int:
    """Return the number of configurations that `allow` allows, at most `limit`.

    Returns `limit` too if there are so many that the count would take long.
    """
    found = 0
    for visited, values in enumerate(_configurations(parameters)):
        found += values is not None and allow(values)
        if found >= limit or visited > MAX_COUNTED:
            return limit
    return min(found, limit)


def _configurations(parameters: Sequence[TrialParameter]) -> Iterator[dict[str, ParamValue] | None]:
    """Yield every configuration, and None for each partial one on the way. Keeps one value of each parameter."""
    values: dict[str, ParamValue] = {}
    # One level for each parameter that the configuration so far has: its position, and its values that are left.
    levels: list[tuple[int, Iterator[ParamValue]]] = []
    position = 0
    while True:
        while position < len(parameters) and not parameters[position].is_active(values):
            position += 1
        if position < len(parameters):
            levels.append((position, iter(listed_values(parameters[position].parameter) or [])))
            yield None
        else:
            yield dict(values)
        while levels:
            last, left = levels[-1]
            values.pop(parameters[last].name, None)
            if (value := next(left, None)) is not None:
                values[parameters[last].name] = value
                position = last + 1
                break
            levels.pop()
        else:
            return


MAX_LISTED = 100_000
"""Most values of a parameter that a sampler may list."""


def listing_mistakes(name: str, parameters: Sequence[TrialParameter]) -> list[str]:
    """Return which parameters a sampler that lists values cannot use, each as `key: what is wrong`."""
    entry, found = SAMPLERS[name], []
    for candidate in parameters if entry.is_exhaustive or entry.lists_values else []:
        listed = listed_values(candidate.parameter)
        if listed is None and entry.is_exhaustive:
            found.append(f"{candidate.name}: {name} needs a step, or a list of choices")
        elif listed is not None and len(listed) > MAX_LISTED:
            found.append(
                f"{candidate.name}: {name} would list {len(listed):,} values, and may list {MAX_LISTED:,}; use a "
                "larger step, or another sampler"
            )
    if name == "grid":
        found += [
            f'{candidate.name}: grid allows neither when nor repeat; use [sampler] name = "bruteforce"'
            for candidate in parameters
            if candidate.parameter.when or candidate.position is not None
        ]
    return found
