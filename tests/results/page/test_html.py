"""The page's tables and figures, from plain values."""

from __future__ import annotations

import math
from datetime import datetime

import pytest

from sweep.results.leaderboard import COLUMNS
from sweep.results.page import html
from tests.page_samples import AXES, drawn, subject, trial

NOW = datetime(2026, 11, 23, 15, 30)


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
    board = html.trials_table(there)
    assert board.headings == ["rank", "trial", "value", *COLUMNS, "lr", "width", "activation"]
    assert board.rows[:3] == [
        ["1", "2", "0.75", "0", "COMPLETE", "4/4", "60", "1", "0.02", "16", "gelu"],
        ["2", "0", "0.51235", "0", "COMPLETE", "4/4", "60", "1", "0.01", "8", "relu"],
        ["", "1", "", "0", "FAIL", "1/4", "60", "1", "0.01", "8", "relu"],
    ]
    assert board.numeric == [True, True, True, True, False, False, True, True, True, True, False]
    assert board.note == ""
    failures, confirmed = html.failures_table(there), html.confirmed_table(there)
    assert failures
    assert failures.rows == [["2", "1", "exit status 1: no <photos>"], ["1", "4", "the loss is NaN"]]
    assert confirmed
    assert (confirmed.title, confirmed.rows) == ("Confirmed, by test_accuracy", [["1", "2", "0.7", "0.012346", "2"]])
    assert html.key_figures(there) == [
        ("best val_accuracy", "0.75", "trial 2"),
        ("trials", "5", "2 COMPLETE, 3 FAIL"),
        ("slot hours", "0.417", "40% of them good"),
        ("evictions", "0", "in 5 attempts"),
    ]
    assert html.resources_table(there).rows[1] == ["memory", "2 GB", "MB", "800", "800"]
    assert html.places_table(there).rows[0] == ["gpu-0.example.edu", "", "2", "0", "0.16667", "0.5"]
    assert html.provenance_table(there).rows == [["study id", "0123"], ["version of sweep", "0.1.0"]]


def test_a_long_leaderboard_is_cut_and_says_so() -> None:
    board = html.trials_table(subject(trials=60))
    assert len(board.rows) == 50
    assert board.note.startswith("The first 50 of 60 trials.")


def test_luck_is_told_until_the_best_are_confirmed() -> None:
    rows = [trial(0, "COMPLETE", {"val_accuracy": 0.5})]
    assert html.UNCONFIRMED in html.page_html(subject(rows=rows), NOW)
    scores = {"trial": 0, "rank": None, "mean": 0.7, "deviation": None, "scores": [0.7]}
    text = html.page_html(subject(rows=rows, confirmed=[scores], confirmed_by="test_accuracy"), NOW)
    assert html.UNCONFIRMED not in text
    assert "Confirmed, by test_accuracy" in text


def test_before_any_trial_there_is_a_page_without_figures() -> None:
    text = html.page_html(subject(rows=[]), NOW)
    assert "<img" not in text
    assert html.key_figures(subject(rows=[])) == [("trials", "0", "")]


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


def test_no_control_character_reaches_the_page() -> None:
    reason = "\x1b]0;pwned\x07\x9b31m\x00\u202e\ud800"
    rows = [trial(0, "FAIL", {}, reason=reason), trial(1, "FAIL", {}, reason=10**6 * "x")]
    text = html.page_html(subject(rows=rows), NOW)
    assert r"\x1b]0;pwned\x07\x9b31m\x00\u202e\ud800" in text
    assert all(char.isprintable() or char in "\n\t" for char in text)
    assert 1001 * "x" not in text


@pytest.mark.parametrize("value", [1e308, -1e308, 5e-324])
def test_a_page_of_extreme_values(value: float) -> None:
    rows = [
        trial(number, state, {"val_accuracy": one}, intermediate={1: one, 2: math.inf, 3: -math.inf})
        for number, (state, one) in enumerate(
            [("COMPLETE", value), ("COMPLETE", -value), ("COMPLETE", 0.5), ("PRUNED", math.inf), ("PRUNED", -value)]
        )
    ]
    assert "Leaderboard" in html.page_html(subject(rows=rows), NOW)
