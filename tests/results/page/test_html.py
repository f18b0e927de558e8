"""The page's tables and figures, from plain values."""

from __future__ import annotations

import io
import math
from datetime import datetime
from pathlib import Path
from xml.etree import ElementTree

import pandas
import pytest
from PIL import Image

from sweep.config.conditions import expand_parameters
from sweep.errors import SweepError
from sweep.results.leaderboard import COLUMNS
from sweep.results.page import files, history, html, importance, parallel, plots, style, tables, timeline
from sweep.results.page.page_data import LABEL, Axis, PageData, axis_limits, label, outside, parameter_axis, thinned
from sweep.results.page.style import Plot
from sweep.study.study import Study
from sweep.system.extras import require_extra
from tests.page_samples import AXES, NOON, many, runs, subject, trial

NOW = datetime(2026, 11, 23, 15, 30)

TWO = {"val_accuracy": "maximize", "model_mb": "minimize"}


def drawn(what: PageData) -> dict[str, Plot]:
    return {plot.name: plot for plot in plots.plots(what)}


def words(plot: Plot, narrow: bool = False) -> list[str]:
    """What a drawing says; fails unless it is XML."""
    tree = ElementTree.fromstring(style.as_svg(plot, narrow))  # noqa: S314 - our own
    return [element.text or "" for element in tree.iter("{http://www.w3.org/2000/svg}text")]


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


def test_the_parameter_that_decides_matters_most() -> None:
    rows = many(200)
    rows = [
        trial(
            row.number, "COMPLETE", {"val_accuracy": -abs(math.log10(float(row.params["lr"])) + 2)}, params=row.params
        )
        for row in rows
    ]
    found = importance.importances(subject(rows=rows))["val_accuracy"]
    assert next(iter(found)) == "lr"
    assert sum(found.values()) == pytest.approx(1)
    assert importance.importances(subject(rows=rows[:4])) == {}
    same = [trial(row.number, "COMPLETE", {"val_accuracy": 0.5}, params=row.params) for row in rows]
    assert importance.importances(subject(rows=same)) == {}


def test_many_trials_are_thinned_and_the_page_says_so() -> None:
    there = drawn(subject(trials=3000))
    assert there["importance"].caption.endswith("Fitted on 1,000 of 2,400 complete trials.")
    assert there["parallel"].caption.startswith("The 250 best of 2,400 trials, and 250 of the others.")
    assert "2,000 of 2,400 complete trials, evenly spaced." in there["slices"].caption
    assert "100 of 300 pruned ones" in there["curves"].caption
    svg = style.as_svg(there["slices"], narrow=False)
    assert "data:image/png;base64," in svg
    assert len(svg) < 300_000


def test_the_dark_drawing_differs_in_its_inks_alone() -> None:
    light = style.as_svg(drawn(subject(trials=20))["history"], narrow=False)
    dark = style.darkened(light)
    assert all(ink in light and ink not in dark for ink in (style.INK, style.FAINT, style.GRID))
    assert light.count(style.GOOD) == dark.count(style.GOOD) > 0
    assert style.as_svg(drawn(subject(trials=20))["history"], narrow=False) == light


def test_words_of_users_are_no_formulas() -> None:
    rows = [trial(0, "COMPLETE", {"val_accuracy": 0.5}, params={"activation": "$\\frac{"})]
    rows.append(trial(1, "COMPLETE", {"val_accuracy": 0.6}, params={"activation": "a\x00b\n" + 40 * "c"}))
    axes = [Axis("activation", choices=["$\\frac{", "a\x00b\n" + 40 * "c"])]
    said = words(drawn(subject(rows=rows, axes=axes))["slices"])
    assert "$\\frac{" in said
    assert "a?b?" + (LABEL - 5) * "c" + "…" in said


def test_matplotlib_is_left_as_it_was() -> None:
    import matplotlib

    before = dict(matplotlib.rcParams)
    style.as_svg(drawn(subject(trials=20))["history"], narrow=True)
    assert dict(matplotlib.rcParams) == before


def test_best_so_far() -> None:
    rows = [trial(n, "COMPLETE", {"v": value}) for n, value in enumerate((0.3, 0.2, 0.5, 0.5, 0.1))]
    assert history.best_values(rows, "v", "maximize") == [(0, 0.3), (2, 0.5)]
    assert history.best_values(rows, "v", "minimize") == [(0, 0.3), (1, 0.2), (4, 0.1)]


def test_a_value_far_off_at_the_worse_end_spoils_no_axis() -> None:
    values = [0.5, 0.6, 0.55, 0.52, 0.58, 900.0]
    ends = axis_limits(values, "minimize")
    assert ends[0] < 0.5
    assert 0.6 < ends[1] < 1
    assert outside(values, ends) == " 1 value lies outside, far off at the worse end."
    assert axis_limits(values, "maximize")[1] > 900
    assert axis_limits([], "minimize") == (0, 1)
    assert axis_limits([0.5, 0.5], "minimize")[0] < 0.5
    assert all(math.isfinite(end) for end in axis_limits([0.5, 0.6, math.inf], "minimize"))


def test_axes_hold_what_trials_had_before_a_range_was_changed(study: Study) -> None:
    asked = {one.name: one for one in expand_parameters(study.config.search)}
    rows = [trial(0, "COMPLETE", {}, params={"lr": 0.5, "width": 4, "activation": "tanh"})]
    lr, width, activation = (parameter_axis(asked[name], rows) for name in ("lr", "width", "activation"))
    assert (lr.low, lr.high, lr.log) == (1e-4, 0.5, True)
    assert (width.low, width.high, width.log) == (4, 64, False)
    assert activation.choices == ["relu", "gelu", "silu", "tanh"]
    assert lr.share(1e-4) == 0
    assert activation.share("tanh") == 1
    assert Axis("one", choices=["only"]).share("only") == 0.5


def test_thinning_keeps_both_ends() -> None:
    assert thinned(range(100), 4) == [0, 33, 66, 99]
    assert thinned([1, 2], 4) == [1, 2]
    assert label(0.123456789) == "0.12346"


def test_a_run_s_bars_tell_what_an_eviction_lost() -> None:
    evicted = runs(many(10))[9]
    bars = timeline.parts(evicted, {evicted.trial: "COMPLETE"}, NOON)
    assert [(kind, (end - start).total_seconds()) for start, end, kind in bars] == [
        ("complete", 70.0),
        ("lost to an eviction", 50.0),
    ]
    assert timeline.short(["gpu-1.example.edu", "gpu-2.example.edu"]) == {
        "gpu-1.example.edu": "gpu-1",
        "gpu-2.example.edu": "gpu-2",
    }
    names = ["slot1_10@a2", "slot1_2@a10", "slot1_2@a2"]
    assert sorted(names, key=timeline.runs_by_slot) == ["slot1_2@a2", "slot1_10@a2", "slot1_2@a10"]


def test_lines_stay_within_their_axes() -> None:
    points = parallel.axis_places(many(1)[0], AXES, Axis("val_accuracy", low=0.9, high=1.0))
    assert len(points) == 4
    assert points[-1] == 0
    assert all(-0.1 <= point <= 1.1 for point in points)


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


def test_a_missing_package_is_named_with_its_extra() -> None:
    require_extra("report", "json")
    with pytest.raises(SweepError, match="no_such_package cannot be imported") as caught:
        require_extra("report", "json", "no_such_package")
    assert caught.value.advice == "pip install 'htcondor-sweep[report]'"
