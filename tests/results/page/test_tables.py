"""The data behind a page, as files."""

from __future__ import annotations

from pathlib import Path

import pandas

from sweep.results.page import tables
from sweep.results.page.page_data import Axis
from tests.page_samples import runs, subject, trial


def test_the_data_read_back_by_pandas(tmp_path: Path) -> None:
    there = subject(trials=20)
    written = tables.write_tables(there, tmp_path / "data")
    assert [file.name for file in written] == [
        f"{name}.{kind}" for name in ("trials", "intermediate", "runs") for kind in ("csv", "parquet")
    ]
    trials = pandas.read_parquet(tmp_path / "data" / "trials.parquet")
    assert list(trials["trial"]) == list(range(20))
    assert trials["param_lr"][0] == there.rows[0].params["lr"]
    assert trials["rank"].dtype == "Int64"
    assert pandas.isna(trials["value_val_accuracy"][4])
    assert list(pandas.read_csv(tmp_path / "data" / "trials.csv").columns) == list(trials.columns)
    curves = pandas.read_parquet(tmp_path / "data" / "intermediate.parquet")
    assert list(curves.columns) == ["trial", "step", "val_accuracy"]
    first = runs(there.rows)[0]
    ran = pandas.read_parquet(tmp_path / "data" / "runs.parquet")
    assert (ran["start"][0], ran["host"][0], len(ran)) == (first.start, first.host, 22)


def test_a_job_s_text_is_no_formula_and_no_line_of_its_own(tmp_path: Path) -> None:
    evil = ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", 'no, "quotes"\n\x1b[31m\ud800']
    rows = [trial(number, "FAIL", {}, reason=reason) for number, reason in enumerate(evil)]
    tables.write_tables(subject(rows=rows), tmp_path)
    assert list(pandas.read_csv(tmp_path / "trials.csv")["reason"]) == [
        "'=cmd|' /C calc'!A0",
        "'+1",
        "'-1",
        "'@SUM(A1)",
        r'no, "quotes"\n\x1b[31m\ud800',
    ]
    assert list(pandas.read_parquet(tmp_path / "trials.parquet")["reason"])[:2] == evil[:2]


def test_mixed_choices_fit_a_column(tmp_path: Path) -> None:
    rows = [trial(n, "COMPLETE", {"val_accuracy": 0.5}, params={"k": k}) for n, k in enumerate((3, "auto", True))]
    tables.write_tables(subject(rows=rows, axes=[Axis("k", choices=[3, "auto", True])]), tmp_path)
    assert list(pandas.read_parquet(tmp_path / "trials.parquet")["param_k"]) == ["3", "auto", "True"]
