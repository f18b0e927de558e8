"""How figures are drawn."""

from __future__ import annotations

from sweep.results.page import style
from sweep.results.page.page_data import LABEL_LENGTH, Axis
from tests.page_samples import drawn, subject, trial, words


def test_the_dark_drawing_differs_in_its_inks_alone() -> None:
    light = style.draw_svg(drawn(subject(trials=20))["history"], narrow=False)
    dark = style.dark_variant(light)
    assert all(ink in light and ink not in dark for ink in (style.INK, style.FAINT, style.GRID))
    assert light.count(style.GOOD) == dark.count(style.GOOD) > 0
    assert style.draw_svg(drawn(subject(trials=20))["history"], narrow=False) == light


def test_words_of_users_are_no_formulas() -> None:
    rows = [trial(0, "COMPLETE", {"val_accuracy": 0.5}, params={"activation": "$\\frac{"})]
    rows.append(trial(1, "COMPLETE", {"val_accuracy": 0.6}, params={"activation": "a\x00b\n" + 40 * "c"}))
    axes = [Axis("activation", choices=["$\\frac{", "a\x00b\n" + 40 * "c"])]
    said = words(drawn(subject(rows=rows, axes=axes))["slices"])
    assert "$\\frac{" in said
    assert r"a\x00b\n" + (LABEL_LENGTH - 9) * "c" + "…" in said


def test_matplotlib_is_left_as_it_was() -> None:
    import matplotlib

    before = dict(matplotlib.rcParams)
    style.draw_svg(drawn(subject(trials=20))["history"], narrow=True)
    assert dict(matplotlib.rcParams) == before
