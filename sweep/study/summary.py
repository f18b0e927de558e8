"""What `sweep init` shows of a study: what it searches, how many trials, what each job requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sweep.config import samplers
from sweep.config.feasibility import uncomputable_conditions
from sweep.config.parameters import describe_parameter
from sweep.study.study import Study
from sweep.units import counted

NO_CHECKPOINTS = (
    "[trainer] checkpoints = false: an evicted trial starts over, and loses all its work. "
    "Keep trials short, or follow the trial contract and set checkpoints = true."
)


IGNORES_CONSTRAINTS = "The sampler {} ignores [constraints] metrics when it proposes trials. The report respects them."


def _ignores_constraints(study: Study) -> bool:
    """Return whether the study has constraints on metrics that its sampler ignores."""
    sampler = samplers.SAMPLERS[study.config.sampler.name]
    return bool(study.config.constraints.metrics) and not sampler.uses_constraints


def summary(study: Study) -> list[str]:
    """Return a few lines to print."""
    config = study.config
    width = max(len(name) for name in config.search)
    return [
        f"{goal(config.study.objectives, config.constraints.metrics)} over {counted(len(config.search), 'parameter')}:",
        *(f"  {name:<{width}}  {describe_parameter(parameter)}" for name, parameter in config.search.items()),
        f"{counted(config.study.trials_per_generation, 'trial')} a generation"
        + (f", {counted(config.trainer.epochs, 'epoch')} each" if config.trainer.epochs else ""),
        *([f"data: {study.data}"] if study.data else []),
        f"each job requests: {requests(study)}",
        *([IGNORES_CONSTRAINTS.format(config.sampler.name)] if _ignores_constraints(study) else []),
        *uncomputable_conditions(config),
        *([NO_CHECKPOINTS] if not config.trainer.has_checkpoints else []),
    ]


def goal(objectives: Mapping[str, str], constraints: Sequence[str]) -> str:
    """Return the objectives and the constraints on metrics, in words."""
    text = " and ".join(f"{direction} {metric}" for metric, direction in objectives.items())
    return text + (f", with {' and '.join(constraints)}," if constraints else "")


def requests(study: Study) -> str:
    """Return what each job requests from HTCondor, in one line."""
    return ", ".join(f"{name.removeprefix('request_')} {value}" for name, value in study.config.job.requests().items())
