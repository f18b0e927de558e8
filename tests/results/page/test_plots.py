"""Which figures a study has."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image

from sweep.results.page import plots, style
from tests.page_samples import drawn, subject, trial, words


def test_one_objective_with_pruned_and_failed_trials() -> None:
    there = drawn(subject(trials=60))
    assert list(there) == ["history", "importance", "parallel", "slices", "curves", "timeline"]
    assert {"pruned", "complete", "best so far", "trial", "val_accuracy"} <= set(words(there["history"]))
    assert "Crosses are pruned trials, at their last values." in there["history"].caption
    assert {"lr", "width", "activation", "relu", "gelu"} <= set(words(there["parallel"], narrow=True))
    assert {"10 best", "pruned", "others", "step"} <= set(words(there["curves"]))
    assert there["curves"].caption == (
        "val_accuracy after each step, for the 10 best trials, 6 pruned trials (they end in a cross) "
        "and 38 other trials."
    )
    said = set(words(there["timeline"]))
    assert {"gpu-0", "gpu-3", "complete", "pruned", "failed", "lost to an eviction", "eviction"} <= said


def test_without_a_complete_trial_there_are_curves_and_slots() -> None:
    rows = [
        trial(0, "PRUNED", {"val_accuracy": 0.2}, intermediate={1: 0.1, 2: 0.2}),
        trial(1, "FAIL", {}, reason="no"),
    ]
    assert list(drawn(subject(rows=rows))) == ["curves", "timeline"]


@pytest.mark.slow
def test_many_trials_are_thinned_and_the_page_says_so() -> None:
    there = drawn(subject(trials=3000))
    assert there["importance"].caption.endswith("Computed from 1,000 of 2,400 complete trials.")
    assert there["parallel"].caption.startswith("The 250 best of 2,400 trials, and 250 of the others.")
    assert "2,000 of 2,400 complete trials, evenly spaced." in there["slices"].caption
    assert "100 of 300 pruned trials" in there["curves"].caption
    svg = style.draw_svg(there["slices"], narrow=False)
    assert "data:image/png;base64," in svg
    assert len(svg) < 300_000


def test_figures_are_png_files(tmp_path: Path) -> None:
    written = plots.write_plots(subject(trials=12), tmp_path / "plots")
    assert [file.stem for file in written] == list(drawn(subject(trials=12)))
    with Image.open(io.BytesIO(written[0].read_bytes())) as image:
        assert image.format == "PNG"
        assert image.width > 1500
