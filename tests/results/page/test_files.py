"""Figures and data as files."""

from __future__ import annotations

import io
from pathlib import Path

import pandas
from PIL import Image

from sweep.results.page import files, plots, tables
from sweep.results.page.page_data import Axis
from sweep.study.study import Study
from tests.page_samples import drawn, runs, subject, trial


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


def test_mixed_choices_fit_a_column(tmp_path: Path) -> None:
    rows = [trial(n, "COMPLETE", {"val_accuracy": 0.5}, params={"k": k}) for n, k in enumerate((3, "auto", True))]
    tables.write_tables(subject(rows=rows, axes=[Axis("k", choices=[3, "auto", True])]), tmp_path)
    assert list(pandas.read_parquet(tmp_path / "trials.parquet")["param_k"]) == ["3", "auto", "True"]


def test_a_new_study_has_all_files(study: Study, tmp_path: Path) -> None:
    page, figures, tables = tmp_path / "new" / "page.html", tmp_path / "figures", tmp_path / "tables"
    lines = files.write_results(study, page, figures, tables)
    assert [line.split(" is ")[0].split(" are ")[0] for line in lines] == ["The page", "Figures", "Tables"]
    assert page.read_text().startswith("<!doctype html>")
    assert list(pandas.read_parquet(tables / "trials.parquet").columns)[:2] == ["trial", "state"]
    assert list(pandas.read_csv(tables / "runs.csv").columns)[:2] == ["trial", "queued"]


def test_figures_are_png_files(tmp_path: Path) -> None:
    written = plots.write_plots(subject(trials=12), tmp_path / "plots")
    assert [file.stem for file in written] == list(drawn(subject(trials=12)))
    with Image.open(io.BytesIO(written[0].read_bytes())) as image:
        assert image.format == "PNG"
        assert image.width > 1500
