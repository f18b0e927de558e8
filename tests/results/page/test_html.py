"""The page's tables and figures, from plain values."""

from __future__ import annotations

from datetime import datetime

import pytest

from sweep.results.leaderboard import COLUMNS
from sweep.results.page import html, style
from sweep.results.page.page_data import Axis
from tests.page_samples import AXES, drawn, subject, trial, words

NOW = datetime(2026, 11, 23, 15, 30)

TWO = {"val_accuracy": "maximize", "model_mb": "minimize"}


def test_the_tables_of_a_small_study() -> None:
    rows = [
        trial(0, "COMPLETE", {"val_accuracy": 0.51234567}),
        trial(1, "FAIL", {}, reason="exit status 1: no <photos>", steps=1),
        trial(2, "COMPLETE", {"val_accuracy": 0.75}, params={"lr": 0.02, "width": 16, "activation": "gelu"}),
        trial(3, "FAIL", {}, reason="exit status 1: no <photos>", steps=1),
        trial(4, "FAIL", {}, reason="the loss is NaN", steps=2),
    ]
    scores = {"trial": 2, "rank": 1, "mean": 0.7, "deviation": 0.0123456, "scores": [0.69, 0.71]}
    there = subject(rows=rows, axes=AXES, confirmed=[scores], confirmed_by="test_accuracy")
    board = html.leaderboard_section(there)
    assert board.headings == ["rank", "trial", "value", *COLUMNS, "lr", "width", "activation"]
    assert board.rows[:3] == [
        ["1", "2", "0.75", "0", "COMPLETE", "4/4", "60", "1", "0.02", "16", "gelu"],
        ["2", "0", "0.51235", "0", "COMPLETE", "4/4", "60", "1", "0.01", "8", "relu"],
        ["", "1", "", "0", "FAIL", "1/4", "60", "1", "0.01", "8", "relu"],
    ]
    assert board.numeric == [True, True, True, True, False, False, True, True, True, True, False]
    assert board.note == ""
    failures, confirmed = html.failures_table(there), html.confirmation_section(there)
    assert failures
    assert failures.rows == [["2", "1", "exit status 1: no <photos>"], ["1", "4", "the loss is NaN"]]
    assert confirmed
    assert (confirmed.title, confirmed.rows) == ("Confirmed, by test_accuracy", [["1", "2", "0.7", "0.012346", "2"]])
    assert html.page_facts(there) == [
        ("best val_accuracy", "0.75", "trial 2"),
        ("trials", "5", "2 COMPLETE, 3 FAIL"),
        ("slot hours", "0.417", "40% of them good"),
        ("evictions", "0", "in 5 starts"),
    ]
    assert html.usage_table(there).rows[1] == ["memory", "2 GB", "MB", "800", "800"]
    assert html.places_table(there).rows[0] == ["gpu-0.example.edu", "", "2", "0", "0.16667", "0.5"]
    assert html.provenance(there).rows == [["study id", "0123"], ["version of sweep", "0.1.0"]]


def test_a_long_leaderboard_is_cut_and_says_so() -> None:
    board = html.leaderboard_section(subject(trials=60))
    assert len(board.rows) == 50
    assert board.note.startswith("The first 50 of 60 trials.")


def test_luck_is_told_until_the_best_are_confirmed() -> None:
    rows = [trial(0, "COMPLETE", {"val_accuracy": 0.5})]
    assert html.LUCK in html.page_html(subject(rows=rows), NOW)
    scores = {"trial": 0, "rank": None, "mean": 0.7, "deviation": None, "scores": [0.7]}
    text = html.page_html(subject(rows=rows, confirmed=[scores], confirmed_by="test_accuracy"), NOW)
    assert html.LUCK not in text
    assert "Confirmed, by test_accuracy" in text


def test_before_any_trial_there_is_a_page_without_figures() -> None:
    text = html.page_html(subject(rows=[]), NOW)
    assert "<img" not in text
    assert html.page_facts(subject(rows=[])) == [("trials", "0", "")]


@pytest.mark.parametrize("evil", ["<script>alert(1)</script>", "\"><img src=x onerror='alert(1)'>", "{{ 7 * 7 }}"])
def test_what_a_user_wrote_is_text(evil: str) -> None:
    rows = [
        trial(0, "COMPLETE", {"val_accuracy": 0.5}, params={"lr": 0.1, "width": 8, "activation": evil}),
        trial(1, "FAIL", {}, reason=evil),
    ]
    text = html.page_html(subject(rows=rows, word=evil, name=evil, ended=evil), NOW)
    assert ("<" in evil) == (evil not in text)
    assert "<script" not in text
    assert text.count("<img") == len(drawn(subject(rows=rows, word=evil)))
    assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'" in text


def test_one_objective_with_pruned_and_failed_trials() -> None:
    there = drawn(subject(trials=60))
    assert list(there) == ["history", "importance", "parallel", "slices", "curves", "timeline"]
    assert {"pruned", "complete", "best so far", "trial", "val_accuracy"} <= set(words(there["history"]))
    assert "Pruned trials stand where they were stopped." in there["history"].caption
    assert {"lr", "width", "activation", "relu", "gelu"} <= set(words(there["parallel"], narrow=True))
    assert {"10 best", "pruned", "others", "step"} <= set(words(there["curves"]))
    assert there["curves"].caption == (
        "val_accuracy after each step, of the 10 best trials, 6 pruned ones, which end in a cross, and 38 others."
    )
    said = set(words(there["timeline"]))
    assert {"gpu-0", "gpu-3", "complete", "pruned", "failed", "lost to an eviction", "eviction"} <= said


def test_several_objectives_have_a_front() -> None:
    points = [(0.5, 1.0), (0.7, 2.0), (0.6, 3.0), (0.9, 4.0), (0.4, 4.0), (0.3, 5.0)]
    rows = [
        trial(number, "COMPLETE", dict(zip(TWO, point, strict=True)), params={"lr": 0.01 * (1 + number), "width": 8})
        for number, point in enumerate(points)
    ]
    there = drawn(subject(rows=rows, objectives=TWO, axes=AXES[:2]))
    assert list(there) == ["history", "front", "importance", "parallel", "slices", "timeline"]
    assert there["front"].caption.startswith("The 3 trials on the front")
    assert {"val_accuracy (maximize)", "model_mb (minimize)", "Pareto front"} <= set(words(there["front"]))
    assert {"val_accuracy", "model_mb"} <= set(words(there["history"]))


def test_without_a_complete_trial_there_are_curves_and_slots() -> None:
    rows = [
        trial(0, "PRUNED", {"val_accuracy": 0.2}, intermediate={1: 0.1, 2: 0.2}),
        trial(1, "FAIL", {}, reason="no"),
    ]
    assert list(drawn(subject(rows=rows))) == ["curves", "timeline"]


def test_a_parameter_that_only_some_trials_have_is_shown_but_not_weighed() -> None:
    axes = [AXES[0], Axis("optimizer", choices=["sgd", "adamw"]), Axis("momentum", low=0, high=0.9)]
    rows = []
    for number in range(12):
        sgd = number % 2 == 0
        params = {"lr": 10 ** -(1 + number / 4), "optimizer": "sgd" if sgd else "adamw"}
        params |= {"momentum": number / 20} if sgd else {}
        rows.append(trial(number, "COMPLETE", {"val_accuracy": 0.5 + 0.02 * number}, params=params))
    there = drawn(subject(rows=rows, axes=axes))
    assert "Left out, since not all trials have them: momentum." in there["importance"].caption
    assert "momentum" not in words(there["importance"])
    assert "trials without that parameter" in there["parallel"].caption
    assert {"momentum", "sgd", "adamw"} <= set(words(there["slices"]))


def test_many_trials_are_thinned_and_the_page_says_so() -> None:
    there = drawn(subject(trials=3000))
    assert there["importance"].caption.endswith("Fitted on 1,000 of 2,400 complete trials.")
    assert there["parallel"].caption.startswith("The 250 best of 2,400 trials, and 250 of the others.")
    assert "2,000 of 2,400 complete trials, evenly spaced." in there["slices"].caption
    assert "100 of 300 pruned ones" in there["curves"].caption
    svg = style.as_svg(there["slices"], narrow=False)
    assert "data:image/png;base64," in svg
    assert len(svg) < 300_000
