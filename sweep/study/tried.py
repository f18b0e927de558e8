"""What `sweep try` measured last."""

from __future__ import annotations

import json
from dataclasses import dataclass

from sweep.study.study import Study
from sweep.trial.spec import ParamValue


@dataclass(frozen=True)
class TryResult:
    """What a trial used on this machine.

    `seconds` is the whole run; `epoch_seconds` is one epoch with all the data, None if the trial did not report it. The
    bytes are peaks of memory, and sizes of the checkpoint and the data. `gpu_bytes` is 0 if the trial used no GPU or
    did not report it.
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


def last_try(study: Study) -> TryResult | None:
    """Return what the last `sweep try` measured, None if there was none."""
    try:
        return TryResult(**json.loads(study.paths.tried_record.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
