"""What `sweep init` tells of a study: what is searched, how many trials, what each job asks for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sweep.config import samplers
from sweep.config.parameters import describe_parameter
from sweep.study.study import Study

NO_CHECKPOINTS = (
    "The program is said to have no checkpoints: a trial that is evicted starts over, and all its work so far is lost. "
    "Keep trials short, or keep the trial contract and set checkpoints = true."
)


HEEDLESS = "The sampler {} proposes without regard to [constraints] metrics; the report does regard them."


def _is_heedless(study: Study) -> bool:
    kind = samplers.SAMPLERS[study.config.sampler.name]
    return bool(study.config.constraints.metrics) and not kind.heeds


def summary(study: Study) -> list[str]:
    """A few plain lines."""
    config = study.config
    width = max(len(name) for name in config.search)
    return [
        f"{goal(config.study.objectives, config.constraints.metrics)} over {len(config.search)} parameters:",
        *(f"  {name:<{width}}  {describe_parameter(parameter)}" for name, parameter in config.search.items()),
        f"{config.study.trials_per_generation} trials a generation"
        + (f", {config.trainer.epochs} epochs each" if config.trainer.epochs else ""),
        *([f"data: {study.data}"] if study.data else []),
        f"each job asks for: {requests(study)}",
        *([HEEDLESS.format(config.sampler.name)] if _is_heedless(study) else []),
        *([NO_CHECKPOINTS] if not config.trainer.has_checkpoints else []),
    ]


def goal(objectives: Mapping[str, str], constraints: Sequence[str]) -> str:
    """What is optimised, and under which constraints on metrics."""
    text = " and ".join(f"{direction} {metric}" for metric, direction in objectives.items())
    return text + (f", with {' and '.join(constraints)}," if constraints else "")


def requests(study: Study) -> str:
    """What each job asks HTCondor for, in one line."""
    return ", ".join(f"{name.removeprefix('request_')} {value}" for name, value in study.config.job.requests().items())
