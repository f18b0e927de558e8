"""Compares Optuna's samplers on test functions. Which one is a good default for trials that are proposed in batches?

    python -m benchmarks.samplers [--seeds 5] [--generations 8] [--batch 8]

For each function and seed, every sampler proposes the same number of generations, and gets a rank by the best value
that it found (1 is best). Its gap is the distance of that value from the minimum, relative to the distance that
`random` leaves. The table has mean ranks and median gaps.
"""

from __future__ import annotations

import argparse
import itertools
import math
import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sweep.config.load import parse_config
from sweep.optimizer.stored_study import StoredStudy
from sweep.paths import StudyPaths
from sweep.study.study import Study
from sweep.trial.result import Result

SAMPLERS = {
    "tpe": 'name = "tpe"',
    "tpe, univariate": 'name = "tpe"\nmultivariate = false',
    "tpe, no constant liar": 'name = "tpe"\nconstant_liar = false',
    "gp": 'name = "gp"',
    "cmaes": 'name = "cmaes"',
    "nsgaii": 'name = "nsgaii"\npopulation_size = 8',
    "qmc": 'name = "qmc"',
    "random": 'name = "random"',
}

STUDY = """
[study]
name = "samplers"
metric = "value"
direction = "minimize"
seed = {seed}
trials_per_generation = {batch}
[sampler]
{sampler}
[trainer]
command = ["true"]
[search]
{search}
"""


def unit(dimensions: int, low: float, high: float) -> str:
    """Return the [search] table of float parameters x0, x1, …"""
    return "\n".join(f'x{n} = {{ type = "float", low = {low}, high = {high} }}' for n in range(dimensions))


def branin(values: Mapping[str, Any]) -> float:
    """Return Branin's function, less its minimum 0.397887 (Dixon and Szego, 1978)."""
    x, y = values["x0"] * 15 - 5, values["x1"] * 15
    bowl = (y - 5.1 / (4 * math.pi**2) * x**2 + 5 / math.pi * x - 6) ** 2
    return float(bowl + 10 * (1 - 1 / (8 * math.pi)) * math.cos(x) + 10 - 0.397887)


def rosenbrock(values: Mapping[str, Any]) -> float:
    """Return Rosenbrock's function in five dimensions; its minimum is 0."""
    x = [values[f"x{n}"] for n in range(5)]
    return float(sum(100 * (b - a * a) ** 2 + (1 - a) ** 2 for a, b in itertools.pairwise(x)))


def ackley(values: Mapping[str, Any]) -> float:
    """Return Ackley's function in six dimensions; its minimum, 0, is at 0.7."""
    x = [values[f"x{n}"] - 0.7 for n in range(6)]
    root = math.sqrt(sum(a * a for a in x) / 6)
    waves = math.exp(sum(math.cos(2 * math.pi * a) for a in x) / 6)
    return -20 * math.exp(-0.2 * root) - waves + 20 + math.e


def training(values: Mapping[str, Any]) -> float:
    """Return a function like a validation loss: each optimizer has its best rate, and a greater width gains less."""
    best = {"sgd": -1.0, "adam": -3.0, "adamw": -2.7}[values["optimizer"]]
    rate = (math.log10(values["lr"]) - best) ** 2
    momentum = (values["momentum"] - 0.9) ** 2 * 2 if "momentum" in values else 0.15
    return float(rate + momentum + 8 / values["width"] + abs(values["dropout"] - 0.2) - 8 / 128)


FUNCTIONS: dict[str, tuple[str, Callable[[Mapping[str, Any]], float]]] = {
    "branin": (unit(2, 0.0, 1.0), branin),
    "rosenbrock 5": (unit(5, -2.0, 2.0), rosenbrock),
    "ackley 6": (unit(6, -5.0, 5.0), ackley),
    "training": (
        'lr = { type = "float", low = 1e-6, high = 1.0, log = true }\n'
        'optimizer = { type = "categorical", choices = ["sgd", "adam", "adamw"] }\n'
        'momentum = { type = "float", low = 0.0, high = 0.99, when = { optimizer = "sgd" } }\n'
        'width = { type = "int", low = 4, high = 128, log = true }\n'
        'dropout = { type = "float", low = 0.0, high = 0.6 }',
        training,
    ),
}


def best_found(sampler: str, function: str, seed: int, generations: int, batch: int) -> float:
    """Return the least value that a sampler finds."""
    search, measure = FUNCTIONS[function]
    text = STUDY.format(seed=seed, batch=batch, sampler=SAMPLERS[sampler], search=search)
    study = Study(StudyPaths(Path()), parse_config(text, "study.toml"), {"id": "0" * 32, "data": ""})
    stored = StoredStudy.in_memory(study)
    best = math.inf
    for generation in range(generations):
        for proposal in stored.propose(generation):
            value = measure(proposal.params)
            best = min(best, value)
            stored.tell(
                Result(proposal.number, "COMPLETE", {"value": value}, {}, "", 1, 1, 0, 1.0, 0.0, ""), {1: value}
            )
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--generations", type=int, default=8)
    parser.add_argument("--batch", type=int, default=8)
    options = parser.parse_args()
    ranks: dict[str, list[float]] = {name: [] for name in SAMPLERS}
    gaps: dict[str, dict[str, list[float]]] = {name: {function: [] for function in FUNCTIONS} for name in SAMPLERS}
    seconds = dict.fromkeys(SAMPLERS, 0.0)
    for function in FUNCTIONS:
        for seed in range(options.seeds):
            found = {}
            for name in SAMPLERS:
                began = time.monotonic()
                found[name] = best_found(name, function, seed, options.generations, options.batch)
                seconds[name] += time.monotonic() - began
            for name, value in found.items():
                ranks[name].append(1 + sum(other < value for other in found.values()))
                gaps[name][function].append(value / found["random"])
    trials = options.seeds * len(FUNCTIONS) * options.generations * options.batch
    print("| sampler | mean rank | " + " | ".join(f"gap, {name}" for name in FUNCTIONS) + " | ms per trial |")
    print("|---|---:|" + "---:|" * (len(FUNCTIONS) + 1))
    for name in sorted(SAMPLERS, key=lambda sampler: statistics.mean(ranks[sampler])):
        cells = [f"{statistics.median(gaps[name][function]):.2f}" for function in FUNCTIONS]
        cost = f"{1000 * seconds[name] / trials:.0f}"
        print(f"| {name} | {statistics.mean(ranks[name]):.1f} | {' | '.join(cells)} | {cost} |")


if __name__ == "__main__":
    main()
