"""The data behind a page, as tables that pandas reads without being told anything."""

from __future__ import annotations

from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING

from sweep.results.page.page_data import PageData
from sweep.trial.event_log import SlotRun

if TYPE_CHECKING:
    import pandas


COUNTED = ("generation", "index", "steps", "attempts", "evictions", "duration_s", "lost_s", "reason")
"""What a trial's row has from the trial as it is, under the same name."""


def table_frames(subject: PageData) -> dict[str, pandas.DataFrame]:
    """By name: a row for each trial, for each intermediate value, and for each run of a job."""
    import pandas

    metrics, parameters = subject.report.study["metrics"], [axis.name for axis in subject.axes]
    ranks = {trial["number"]: trial["rank"] for trial in subject.report.ranked}
    trials = [
        [
            row.number,
            row.state,
            ranks.get(row.number),
            row.is_feasible if row.values else None,
            *(row.values.get(metric) for metric in metrics),
            *(row.params.get(name) for name in parameters),
            *(getattr(row, name) for name in COUNTED),
        ]
        for row in subject.rows
    ]
    named = [*(f"value_{metric}" for metric in metrics), *(f"param_{name}" for name in parameters)]
    columns = ["trial", "state", "rank", "feasible", *named, *COUNTED]
    values = [(row.number, *point) for row in subject.rows for point in sorted(row.intermediate.items())]
    return {
        "trials": _typed(pandas.DataFrame(trials, columns=columns, dtype=object)),
        "intermediate": pandas.DataFrame(values, columns=["trial", "step", next(iter(subject.objectives))]),
        "runs": pandas.DataFrame(map(asdict, subject.costs.runs), columns=[field.name for field in fields(SlotRun)]),
    }


def _typed(trials: pandas.DataFrame) -> pandas.DataFrame:
    """With whole numbers that may be missing; a parameter of mixed choices is words, as Parquet needs one type."""
    for name in trials.columns:
        kinds = {type(value) for value in trials[name].dropna()}
        if len(kinds) > 1 and kinds != {int, float}:
            trials[name] = trials[name].map(str, na_action="ignore")
    return trials.convert_dtypes()


def write_tables(subject: PageData, folder: Path) -> list[Path]:
    """Put them into a folder, each as CSV and as Parquet."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for name, frame in table_frames(subject).items():
        frame.to_csv(folder / f"{name}.csv", index=False)
        frame.to_parquet(folder / f"{name}.parquet", index=False)
        files += [folder / f"{name}.csv", folder / f"{name}.parquet"]
    return files
