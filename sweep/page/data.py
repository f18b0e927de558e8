"""The data behind a page, as tables that pandas reads without being told anything."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from sweep.page.subject import Subject

if TYPE_CHECKING:
    import pandas


def frames(subject: Subject) -> dict[str, pandas.DataFrame]:
    """By name: a row for each trial, for each intermediate value, and for each run of a job."""
    import pandas

    ranks = {trial["number"]: trial["rank"] for trial in subject.report.ranked}
    trials = [
        {
            "trial": row.number,
            "state": row.state,
            "rank": ranks.get(row.number),
            "feasible": row.is_feasible if row.values else None,
            **{f"value_{metric}": row.values.get(metric) for metric in subject.report.study["metrics"]},
            **{f"param_{axis.name}": row.params.get(axis.name) for axis in subject.axes},
            "generation": row.generation,
            "index": row.index,
            "steps": row.steps,
            "attempts": row.attempts,
            "evictions": row.evictions,
            "duration_s": row.duration_s,
            "lost_s": row.lost_s,
            "reason": row.reason,
        }
        for row in subject.rows
    ]
    values = [(row.number, *point) for row in subject.rows for point in sorted(row.intermediate.items())]
    return {
        "trials": _typed(pandas.DataFrame(trials)),
        "intermediate": pandas.DataFrame(values, columns=["trial", "step", next(iter(subject.objectives))]),
        "runs": pandas.DataFrame([asdict(run) for run in subject.costs.runs]),
    }


def _typed(trials: pandas.DataFrame) -> pandas.DataFrame:
    """With whole numbers that may be missing; a parameter of mixed choices is words, as Parquet needs one type."""
    for name in trials.columns:
        kinds = {type(value) for value in trials[name].dropna()}
        if len(kinds) > 1 and kinds != {int, float}:
            trials[name] = trials[name].map(str, na_action="ignore")
    return trials.convert_dtypes()


def write(subject: Subject, folder: Path) -> list[Path]:
    """Put them into a folder, each as CSV and as Parquet."""
    folder.mkdir(parents=True, exist_ok=True)
    files = []
    for name, frame in frames(subject).items():
        frame.to_csv(folder / f"{name}.csv", index=False)
        frame.to_parquet(folder / f"{name}.parquet", index=False)
        files += [folder / f"{name}.csv", folder / f"{name}.parquet"]
    return files
