"""What `sweep init` tells of a study: what is searched, how many trials, what each job asks for."""

from __future__ import annotations

from sweep.space import describe
from sweep.study import Study


def summary(study: Study) -> list[str]:
    """A few plain lines."""
    config = study.config
    width = max(len(name) for name in config.search)
    asks = ", ".join(f"{name.removeprefix('request_')} {value}" for name, value in config.job.requests().items())
    return [
        f"{config.study.direction} {config.study.metric} over {len(config.search)} parameters:",
        *(f"  {name:<{width}}  {describe(parameter)}" for name, parameter in config.search.items()),
        f"{config.study.trials_per_generation} trials a generation, {config.trainer.epochs} epochs each",
        f"data: {study.data}",
        f"each job asks for: {asks}",
    ]
