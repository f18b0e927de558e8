"""What the last `sweep try` measured."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sweep.study.study import Study
from sweep.trial.spec import ParamValue


@dataclass(frozen=True)
class Tried:
    """What a trial took here: seconds in all, and of one epoch with all the data (None: it does not say); bytes.

    `gpu_bytes` is 0 where it used none, or does not say.
    """

    params: dict[str, ParamValue]
    epochs: int
    values: dict[str, float]
    seconds: float
    epoch_seconds: float | None
    memory_bytes: int
    gpu_bytes: int
    checkpoint_bytes: int
    data_bytes: int


def last_try(study: Study) -> Tried | None:
    """What the last `sweep try` measured."""
    try:
        return Tried(**json.loads(study.paths.tried_record.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
