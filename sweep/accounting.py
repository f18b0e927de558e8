"""What a study has cost: slot hours, good and lost, queue time, transfers, and what was used of what was asked for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import pandas

Ending = Literal["terminated", "evicted", "lost", "held", "removed", "running"]


@dataclass(frozen=True)
class Run:
    """One start of a trial on a slot, to its end; `end` is None while it runs. `lost_s` are the seconds at its end
    whose work no checkpoint kept."""

    trial: int
    start: datetime
    end: datetime | None
    host: str
    slot: str
    gpu: str
    ending: Ending
    lost_s: float


@dataclass(frozen=True)
class Accounting:
    """`totals` and `used` have a row for each figure, in words; `places` one for each host and kind of GPU."""

    runs: list[Run]
    totals: list[tuple[str, str]]
    places: pandas.DataFrame
    used: pandas.DataFrame
    suggestion: list[str]
