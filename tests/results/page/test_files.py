"""Figures and data as files."""

from __future__ import annotations

from pathlib import Path

import pandas

from sweep.results.page import files
from sweep.study.study import Study


def test_a_new_study_has_all_files(study: Study, tmp_path: Path) -> None:
    page, figures, tables = tmp_path / "new" / "page.html", tmp_path / "figures", tmp_path / "tables"
    lines = files.write_results(study, page, figures, tables)
    assert [line.split(" is ")[0].split(" are ")[0] for line in lines] == ["The page", "Figures", "Tables"]
    assert page.read_text().startswith("<!doctype html>")
    assert list(pandas.read_parquet(tables / "trials.parquet").columns)[:2] == ["trial", "state"]
    assert list(pandas.read_csv(tables / "runs.csv").columns)[:2] == ["trial", "queued"]
