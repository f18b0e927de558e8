"""Writes the data of a page as tables, in CSV and Parquet, that pandas reads without options."""

from __future__ import annotations

from dataclasses import asdict, fields
from pathlib import Path
from typing import TYPE_CHECKING

from sweep.results.page.page_data import PageData
from sweep.trial.event_log import SlotRun
from sweep.units import one_line

if TYPE_CHECKING:
    import pandas


COPIED = ("generation", "index", "steps", "attempts", "evictions", "duration_s", "lost_s")
"""Fields of a TrialRow that are columns of the table under the same name."""


FOREIGN = ("reason", "host", "slot", "gpu")
"""Columns with texts of jobs and of machines."""


FORMULA = ("=", "+", "-", "@")
"""A spreadsheet computes a cell that begins so."""


def table_frames(data: PageData) -> dict[str, pandas.DataFrame]:
    """Return three tables: "trials", "intermediate" with a row for each intermediate value, and "runs".

    A run is an attempt on a slot; its columns are the fields of SlotRun.
    """
    import pandas

    metrics, parameters = data.report.study["metrics"], [axis.name for axis in data.axes]
    ranks = {trial["number"]: trial["rank"] for trial in data.report.ranked}
    trials = [
        [
            row.number,
            row.state,
            ranks.get(row.number),
            row.is_feasible if row.values else None,
            *(row.values.get(metric) for metric in metrics),
            *(row.params.get(name) for name in parameters),
            *(getattr(row, name) for name in COPIED),
            one_line(row.reason),
        ]
        for row in data.rows
    ]
    named = [*(f"value_{metric}" for metric in metrics), *(f"param_{name}" for name in parameters)]
    columns = ["trial", "state", "rank", "feasible", *named, *COPIED, "reason"]
    values = [(row.number, *point) for row in data.rows for point in sorted(row.intermediate.items())]
    return {
        "trials": _typed(pandas.DataFrame(trials, columns=columns, dtype=object)),
        "intermediate": pandas.DataFrame(values, columns=["trial", "step", next(iter(data.objectives))]),
        "runs": pandas.DataFrame(map(asdict, data.costs.runs), columns=[field.name for field in fields(SlotRun)]),
    }


def _typed(trials: pandas.DataFrame) -> pandas.DataFrame:
    """Return the table with a type for each column, as Parquet needs. Choices of mixed types become strings."""
    for name in trials.columns:
        types = {type(value) for value in trials[name].dropna()}
        if len(types) > 1 and types != {int, float}:
            trials[name] = trials[name].map(str, na_action="ignore")
    return trials.convert_dtypes()


def _no_formula(text: str) -> str:
    """Return a text as a cell that no spreadsheet computes: with a ' before it, if it looks like a formula."""
    return f"'{text}" if text.startswith(FORMULA) else text


def write_tables(data: PageData, folder: Path) -> list[Path]:
    """Write each table into a folder, as CSV and as Parquet; return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for name, frame in table_frames(data).items():
        shown = frame.assign(**{column: frame[column].map(_no_formula) for column in FOREIGN if column in frame})
        shown.to_csv(folder / f"{name}.csv", index=False)
        frame.to_parquet(folder / f"{name}.parquet", index=False)
        files += [folder / f"{name}.csv", folder / f"{name}.parquet"]
    return files
