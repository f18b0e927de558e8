"""Which generations a launch has to run. `plan_generations` is pure.

A study of G generations has G x trials_per_generation trials in all. This one rule counts them, also where the number
of trials per generation has changed, or where lanes ran some of the trials.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from sweep.errors import StudyError
from sweep.paths import StudyPaths
from sweep.trial.files import read_result, read_spec

Trial = tuple[int | None, bool]
"""A trial's generation, None if its trial.json is damaged, and whether the trial has ended."""


@dataclass(frozen=True)
class GenerationPlan:
    """A launch of `generations` in total. The outer DAG has `nodes` generations; those in `done` need not run."""

    generations: int
    nodes: int
    done: frozenset[int] = frozenset()

    @property
    def is_finished(self) -> bool:
        """Whether nothing is left to run."""
        return len(self.done) == self.nodes


def plan_generations(trials: Collection[Trial], generations: int, per_generation: int) -> GenerationPlan:
    """Return the plan of a launch, given the trials so far."""
    new = max(0, generations * per_generation - len(trials))
    open_ones = {generation for generation, ended in trials if not ended}
    nodes = max([generations, *(generation + 1 for generation in open_ones if generation is not None)])
    done = set()
    sizes = Counter(generation for generation, _ in trials)
    for generation in range(nodes):
        has = sizes[generation]
        takes = min(new, max(0, per_generation - has)) if generation < generations else 0
        new -= takes
        if not takes and generation not in open_ones and None not in open_ones:
            done.add(generation)
    return GenerationPlan(generations, nodes, frozenset(done))


def trials_by_generation(paths: StudyPaths) -> list[Trial]:
    """Return all trials of a study, by their own files. Raises StudyError if a result is damaged."""
    found: list[Trial] = []
    for number in paths.trial_numbers():
        files = paths.trial(number)
        ended = read_result(files) is not None
        try:
            found.append((read_spec(files).generation, ended))
        except StudyError:
            # The PRE script of its generation, whichever that is, writes the file again.
            found.append((None, ended))
    return found


def study_plan(paths: StudyPaths, generations: int, per_generation: int) -> GenerationPlan:
    """Return the plan of a launch of a study. Raises StudyError if a result is damaged."""
    return plan_generations(trials_by_generation(paths), generations, per_generation)
