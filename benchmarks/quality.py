"""Measures what parallel proposals and pruning cost or save, in generations, in lanes and in plain Optuna.

    python -m benchmarks.quality [--seeds 20] [--trials 64] [--workers 8] [--real]

Trials are simulated. Each has a learning curve of ten epochs that ends at the value of a test function; with `--real`
it is a curve of the table that `curves.py` makes. The length of an epoch is lognormal. Proposals and cut-offs are those
of this project; `sequence` is Optuna's TPE in one process, one trial after another, without any code of this project.
With a pruner, the epochs that it saves go to more trials.

The gap is the distance of the best value from the minimum, relative to the distance that random search leaves. For each
mode the table has the median gap over functions and seeds after a third of all epochs and after all epochs, and the
share of all epochs after which the mode is as good as it is in the end without a pruner. Bands are of 90 % (bootstrap).
"""

from __future__ import annotations

import argparse
import bisect
import csv
import heapq
import itertools
import math
import operator
import random
import statistics
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import optuna

from benchmarks.samplers import FUNCTIONS, STUDY
from sweep.config.load import parse_config
from sweep.optimizer.distributions import optuna_distribution
from sweep.optimizer.stored_study import Proposal, StoredStudy
from sweep.paths import StudyPaths
from sweep.study.study import Study
from sweep.trial.cutoffs import is_cut_off
from sweep.trial.direction import Direction
from sweep.trial.result import Result
from sweep.trial.spec import derived_seed

EPOCHS = 10
REAL = "curves"
TABLE = Path(__file__).with_name("curves.csv")
PRUNERS = {
    "": "",
    "median": '[pruner]\nname = "median"\nn_startup_trials = 8\n',
    "percentile 25": '[pruner]\nname = "percentile"\npercentile = 25.0\nn_startup_trials = 8\n',
    "halving 3": '[pruner]\nname = "successive_halving"\nmin_resource = 1\nreduction_factor = 3\n',
}


class Problem:
    """A test function whose trials have learning curves. Equal parameters have equal curves."""

    def __init__(self, function: str, seed: int, pruner: str, workers: int) -> None:
        self.search, self._measure = FUNCTIONS[function]
        text = STUDY.format(seed=seed, batch=workers, sampler='name = "tpe"', search=self.search)
        text = text.replace('command = ["true"]', f'command = ["true"]\nepochs = {EPOCHS}') + PRUNERS[pruner]
        self.config = parse_config(text, "study.toml")
        self.seed, self.workers = seed, workers
        distributions = [optuna_distribution(parameter) for parameter in self.config.search.values()]
        random_search = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=0))
        names = list(self.config.search)
        space = dict(zip(names, distributions, strict=True))
        sample = [random_search.ask(space).params for _ in range(200)]
        self.scale = statistics.median(self._measure(params) for params in sample)

    def curve(self, params: dict[str, Any]) -> list[float]:
        """Return the value after each epoch. Values fall to that of the function; each trial has its own pace."""
        value = self._measure(params)
        luck = random.Random(repr(sorted(params.items()))).uniform(0.5, 2.0)
        return [value + self.scale * math.exp(-1.2 * luck * (step - 1)) for step in range(1, EPOCHS)] + [value]

    def pace(self, number: int) -> float:
        """Return the length of an epoch of a trial."""
        return random.Random(f"{self.seed} {number}").lognormvariate(0.0, 0.5)

    def storage(self) -> StoredStudy:
        """Return a new study without trials, in memory."""
        return StoredStudy.in_memory(Study(StudyPaths(Path()), self.config, {"id": "0" * 32, "data": ""}))


class Table(Problem):
    """Real learning curves: means of the nearest configurations in benchmarks/curves.csv, weighted by 1 / distance."""

    NEIGHBOURS = 4
    SEARCH = """
lr = { type = "float", low = 1e-5, high = 1.0, log = true }
optimizer = { type = "categorical", choices = ["sgd", "adamw"] }
batch_size = { type = "int", low = 16, high = 128, log = true }
width = { type = "int", low = 4, high = 32, log = true }
n_blocks = { type = "int", low = 1, high = 3 }
dropout = { type = "float", low = 0.0, high = 0.7 }
"""

    def __init__(self, function: str, seed: int, pruner: str, workers: int) -> None:
        with TABLE.open(newline="") as handle:
            rows = list(csv.DictReader(handle))
        self._known = [(self._point(row), [float(row[str(step)]) for step in range(1, EPOCHS + 1)]) for row in rows]
        self._least = 0.99 * min(curve[-1] for _, curve in self._known)
        FUNCTIONS[function] = (self.SEARCH, lambda params: self._mixed(params)[-1])
        super().__init__(function, seed, pruner, workers)

    @staticmethod
    def _point(row: Mapping[str, Any]) -> list[float]:
        """Return a configuration as a point: each parameter's range has length 1, and so has the step between the two
        optimizers."""
        return [
            (math.log10(float(row["lr"])) + 5) / 5,
            float(row["optimizer"] == "sgd"),
            math.log(float(row["batch_size"]) / 16) / math.log(8),
            math.log(float(row["width"]) / 4) / math.log(8),
            (float(row["n_blocks"]) - 1) / 2,
            float(row["dropout"]) / 0.7,
        ]

    def _mixed(self, params: Mapping[str, Any]) -> list[float]:
        point = self._point(params)
        nearest = heapq.nsmallest(self.NEIGHBOURS, ((math.dist(point, other), curve) for other, curve in self._known))
        weights = [1 / (distance + 1e-3) for distance, _ in nearest]
        columns = zip(*(curve for _, curve in nearest), strict=True)
        return [sum(map(operator.mul, weights, column)) / sum(weights) for column in columns]

    def curve(self, params: dict[str, Any]) -> list[float]:
        """Return the validation error after each epoch, less the least error of the table."""
        return [value - self._least for value in self._mixed(params)]


def problem(function: str, seed: int, pruner: str, workers: int) -> Problem:
    """Return the problem of a test function, or of the real curves."""
    return (Table if function == REAL else Problem)(function, seed, pruner, workers)


def train(problem: Problem, params: dict[str, Any], cutoffs: dict[str, float]) -> list[float]:
    """Return a trial's curve up to the step at which it is pruned, or to its end."""
    curve = problem.curve(params)
    for step in range(1, EPOCHS):
        if is_cut_off(cutoffs.get(str(step)), curve[:step], Direction.MINIMIZE):
            return curve[:step]
    return curve


def tell(stored: StoredStudy, proposal: Proposal, curve: Sequence[float]) -> None:
    """Tell Optuna the result of a trial."""
    state: Any = "COMPLETE" if len(curve) == EPOCHS else "PRUNED"
    result = Result(proposal.number, state, {"value": curve[-1]}, {}, "", len(curve), 1, 0, 1.0, 0.0, "")
    stored.tell(result, dict(enumerate(curve, start=1)))


def generations(problem: Problem) -> Iterator[list[float]]:
    """Yield the curves of trials that are proposed in generations."""
    stored = problem.storage()
    for generation in itertools.count():
        cutoffs = stored.cutoffs()
        for proposal in stored.propose(generation):
            curve = train(problem, proposal.params, cutoffs)
            tell(stored, proposal, curve)
            yield curve


def lanes(problem: Problem) -> Iterator[list[float]]:
    """Yield the curves of trials in lanes, in the order in which they end."""
    stored = problem.storage()
    running: list[tuple[float, int, Proposal, list[float]]] = []

    def start(now: float, count: int) -> None:
        for proposal in stored.add(count):
            curve = train(problem, proposal.params, stored.cutoffs())
            heapq.heappush(
                running, (now + len(curve) * problem.pace(proposal.number), proposal.number, proposal, curve)
            )

    start(0.0, problem.workers)
    while running:
        now, _, proposal, curve = heapq.heappop(running)
        tell(stored, proposal, curve)
        yield curve
        start(now, 1)


def sequence(problem: Problem) -> Iterator[list[float]]:
    """Yield the curves of plain Optuna, whose pruner is asked after each epoch."""
    from sweep.config import pruners

    sampler = optuna.samplers.TPESampler(seed=derived_seed(problem.seed, "plain"))
    pruner = pruners.make_pruner(problem.config.pruner.name, problem.config.pruner.options)
    study = optuna.create_study(sampler=sampler, pruner=pruner)
    names = problem.config.search
    while True:
        trial = study.ask()
        params: dict[str, Any] = {}
        for name, parameter in names.items():
            if all(params.get(parent) in values for parent, values in parameter.when.items()):
                params[name] = trial._suggest(name, optuna_distribution(parameter))
        curve = []
        for step, value in enumerate(problem.curve(params), start=1):
            curve.append(value)
            trial.report(value, step)
            if step < EPOCHS and trial.should_prune():
                break
        whole = len(curve) == EPOCHS
        study.tell(trial, value if whole else None, optuna.trial.TrialState[("PRUNED", "COMPLETE")[whole]])
        yield curve


def rand(problem: Problem, trials: int) -> float:
    """Return the least value that random search finds."""
    study = optuna.create_study(sampler=optuna.samplers.RandomSampler(seed=problem.seed))
    space = {name: optuna_distribution(parameter) for name, parameter in problem.config.search.items()}
    return min(problem.curve(study.ask(space).params)[-1] for _ in range(trials))


def course(curves: Iterator[list[float]], epochs: int, scale: float) -> list[float]:
    """Return the best value of the COMPLETE trials so far, over `scale`, after each of the first `epochs` epochs."""
    found: list[float] = []
    best = math.inf
    while len(found) < epochs:
        curve = next(curves)
        found += [best] * (len(curve) - 1)
        best = min(best, curve[-1] / scale) if len(curve) == EPOCHS else best
        found.append(best)
    return found[:epochs]


def share_until(courses: Sequence[Sequence[float]], goal: float) -> float:
    """Return the share of all epochs after which the courses' median reaches the goal; infinite if it does not."""
    epochs = len(courses[0])

    def reached(epoch: int) -> bool:
        return statistics.median(course[epoch] for course in courses) <= goal

    # The median never grows, so bisection finds the first epoch.
    first = bisect.bisect_left(range(epochs), True, key=reached)
    return (first + 1) / epochs if first < epochs else math.inf


def band(values: Sequence[Any], figure: Callable[[Sequence[Any]], float]) -> str:
    """Return a figure of many values, and its band in 90 % of bootstrap resamplings, as text."""
    chance = random.Random(0)
    resampled = sorted(figure(chance.choices(values, k=len(values))) for _ in range(500))
    return f"{figure(values):.2f} ({resampled[25]:.2f} to {resampled[474]:.2f})"


MODES: dict[str, Callable[[Problem], Iterator[list[float]]]] = {
    "sequence": sequence,
    "generations": generations,
    "lanes": lanes,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--trials", type=int, default=64)
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--real", action="store_true", help="use the real curves of benchmarks/curves.csv")
    options = parser.parse_args()
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore")
    functions = [REAL] if options.real else list(FUNCTIONS)
    epochs = options.trials * EPOCHS
    courses: dict[tuple[str, str], list[list[float]]] = {}
    for function, seed in itertools.product(functions, range(options.seeds)):
        for mode, pruner in itertools.product(MODES, PRUNERS):
            simulated = problem(function, seed, pruner, options.workers)
            scale = rand(simulated, options.trials)
            courses.setdefault((mode, pruner), []).append(course(MODES[mode](simulated), epochs, scale))
        print(f"{function}, seed {seed}", file=sys.stderr)
    print(
        "| mode | pruner | gap after a third of the epochs | gap after all epochs | as good as without a pruner after |"
    )
    print("|---|---|---:|---:|---:|")
    for (mode, pruner), found in courses.items():
        thirds, ends = [run[epochs // 3] for run in found], [run[-1] for run in found]
        goal = statistics.median(run[-1] for run in courses[mode, ""])
        until = band(found, lambda some, goal=goal: share_until(some, goal))  # type: ignore[misc]
        cells = [mode, pruner or "none", band(thirds, statistics.median), band(ends, statistics.median), until]
        print(f"| {' | '.join(cells)} |")


if __name__ == "__main__":
    main()
