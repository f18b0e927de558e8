"""The leaderboard: ranks, forms, and what it says of trials that failed or still run."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from sweep.control.initialise import initialise
from sweep.results.best import params_toml
from sweep.results.leaderboard import (
    COLUMNS,
    leaderboard_csv,
    leaderboard_frame,
    leaderboard_markdown,
    leaderboard_table,
    report_json,
)
from sweep.results.report import Report, build_report, collect_report
from sweep.study.study import Study
from tests.samples import REPORT_ROWS, row


def shown(report: Report, width: int = 200, top: int | None = None) -> str:
    console = Console(file=io.StringIO(), width=width, soft_wrap=True)
    for part in leaderboard_table(report, top, width):
        console.print(part)
    return console.file.getvalue()  # type: ignore[attr-defined,no-any-return]


def test_json_has_all_trials_and_the_promised_keys(there: Report) -> None:
    parsed = json.loads(report_json(there))
    assert parsed["study"]["counts"] == {"COMPLETE": 3, "FAIL": 1, "RUNNING": 1}
    assert [trial["number"] for trial in parsed["trials"]] == [0, 1, 2, 3, 4]
    first, failed, running = parsed["trials"][0], parsed["trials"][2], parsed["trials"][4]
    assert first["values"] == {"val_accuracy": 0.5}
    assert first["params"] == REPORT_ROWS[0].params
    assert (first["generation"], first["attempts"], first["duration_s"]) == (0, 1, 61.0)
    assert first["checkpoint"].endswith("trials/00000/checkpoint")
    assert (failed["values"], failed["reason"]) == ({}, "exit status 1: [bold]no photos[/bold]")
    assert (running["state"], running["attempts"], running["values"]) == ("RUNNING", 1, {})


def test_table_has_the_columns_counts_failures_and_checkpoint(there: Report) -> None:
    text = shown(there)
    heading = next(line for line in text.splitlines() if "rank" in line).split()
    assert heading == ["rank", "trial", "value", *COLUMNS, "lr", "width", "activation"]
    assert "5 trials, 3 COMPLETE, 1 FAIL, 1 RUNNING" in text
    assert "trial 2 failed: exit status 1: [bold]no photos[/bold]" in text
    assert "best: trial 1, checkpoint" in text
    ranked = [line.split() for line in text.splitlines() if "COMPLETE " in line and "trials" not in line]
    assert ranked[0] == ["1", "1", "0.75", "0", "COMPLETE", "2/2", "61", "1", "0.012346", "16", "relu"]


def test_a_checkpoint_that_is_gone_is_not_promised(study: Study, there: Report) -> None:
    study.paths.trial(1).checkpoint.write_text("")
    assert "best: trial 1, checkpoint is gone" in shown(build_report(study, REPORT_ROWS))
    assert there.best[0]["checkpoint"].endswith("00001/checkpoint")


@pytest.mark.usefixtures("there")
def test_a_program_without_checkpoints_has_lost_none(study: Study) -> None:
    study.paths.trial(1).checkpoint.write_text("")
    without = replace(build_report(study, REPORT_ROWS), has_checkpoints=False)
    assert "best: trial 1 (its program saves no checkpoints)" in shown(without)
    assert "# checkpoint: none, its program saves no checkpoints\n" in params_toml(without, without.best[0])


def test_top_limits_the_rows(there: Report) -> None:
    assert "COMPLETE  " in shown(there, top=1)
    assert len(leaderboard_frame(there, 2)) == 2
    assert len(leaderboard_frame(there, None)) == 5


def test_a_narrow_terminal_cuts_no_value(there: Report) -> None:
    text = shown(there, width=80)
    assert "trial 1: lr 0.012346, width 16, activation relu" in text
    assert "…" not in text


@pytest.mark.parametrize("width", range(84, 132, 2))
def test_no_width_cuts_a_value(there: Report, width: int) -> None:
    assert "…" not in shown(there, width=width)


def test_csv_has_full_precision_and_survives_a_reader(there: Report) -> None:
    rows = list(csv.DictReader(io.StringIO(leaderboard_csv(there, None))))
    assert len(rows) == 5
    assert (rows[0]["trial"], float(rows[0]["value"]), float(rows[0]["lr"])) == ("1", 0.75, 0.012345678901234567)
    assert (rows[4]["rank"], rows[4]["value"]) == ("", "")


def test_markdown_is_a_table(there: Report) -> None:
    lines = leaderboard_markdown(there, 1).splitlines()
    assert [len(line.split("|")) for line in lines[:3]] == [13, 13, 13]
    assert lines[-1] == "5 trials, 3 COMPLETE, 1 FAIL, 1 RUNNING"


def test_before_any_trial_every_form_works(study: Study) -> None:
    empty = collect_report(study)
    assert "No trial is complete yet." in shown(empty)
    assert json.loads(report_json(empty))["trials"] == []
    assert leaderboard_csv(empty, None).startswith("rank,trial,value")
    assert "0 trials" in leaderboard_markdown(empty, None)


def test_several_objectives_show_the_front_and_what_breaks_a_constraint_has_no_rank(
    study_file: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sweep.control.initialise.sweep_commit", lambda: None)
    text = study_file.read_text().replace('"val_accuracy"', '["val_accuracy", "val_loss"]')
    text = text.replace('"maximize"', '["maximize", "minimize"]') + "[constraints]\nmetrics = ['seconds <= 60']\n"
    study_file.write_text(text)
    study, _ = initialise(study_file, lambda _: None)
    points = [(0.5, 0.1, 50.0), (0.75, 0.3, 50.0), (0.4, 0.2, 50.0), (0.9, 0.05, 90.0)]
    rows = [
        replace(
            row(number, "COMPLETE"),
            values={"val_accuracy": accuracy, "val_loss": loss, "seconds": seconds},
            violations={"seconds <= 60": seconds - 60},
        )
        for number, (accuracy, loss, seconds) in enumerate(points)
    ]
    report = build_report(study, rows)
    assert [(trial["number"], trial["rank"]) for trial in report.ranked] == [(1, 1), (0, 1), (2, 2)]
    assert report.study["best"] == [1, 0]
    text = shown(report)
    assert "tiny: maximize val_accuracy and minimize val_loss, with seconds <= 60" in text
    assert "Pareto front (rank 1): trials 1, 0" in text
    lines = [line.split() for line in text.splitlines()]
    assert lines[2][:7] == ["rank", "trial", "val_accuracy", "val_loss", "seconds", "feasible", "generation"]
    assert ["1", "0", "0.5", "0.1", "50", "True"] in [line[:6] for line in lines]
    assert ["3", "0.9", "0.05", "90", "False"] in [line[:5] for line in lines]
    assert json.loads(report_json(report))["trials"][3]["feasible"] is False
