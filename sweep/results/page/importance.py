"""The importance of each parameter, computed by Optuna."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sweep.optimizer.trial_row import TrialRow
from sweep.results.page import style
from sweep.results.page.page_data import Axis, PageData, sample_evenly, short_label
from sweep.results.page.style import Plot

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from optuna.distributions import BaseDistribution
    from optuna.trial import FrozenTrial


MOST_TRIALS = 1000
"""Most trials that the importances are computed from."""


FEWEST_TRIALS = 5
"""Fewest trials that the importances are computed from."""


SHOWN = 20
"""Most parameters in the figure."""


def plot(data: PageData) -> Plot | None:
    """Return the figure; None if there are too few trials, or if they do not differ."""
    found = importances(data)
    if not found:
        return None
    missing = [axis.name for axis in data.axes if all(axis.name not in shares for shares in found.values())]
    complete = len(data.complete)
    caption = "Computed by PED-ANOVA (Optuna): which parameters distinguish the best tenth of the trials."
    caption += f" Computed from {MOST_TRIALS:,} of {complete:,} complete trials." if complete > MOST_TRIALS else ""
    caption += f" With only {complete} trials, this is no more than a hint." if complete < 50 else ""
    caption += (
        f" Left out, because they did not vary or some trials lack them: {', '.join(missing)}." if missing else ""
    )

    def draw(narrow: bool) -> Figure:
        most = min(SHOWN, max(map(len, found.values())))
        rows, columns = (len(found), 1) if narrow else (1, len(found))
        figure = style.new_figure(narrow, (0.5 + 0.24 * most) * rows)
        for axes, (metric, shares) in zip(
            figure.subplots(rows, columns, squeeze=False).flat, found.items(), strict=True
        ):
            names = list(shares)[:SHOWN][::-1]
            bars = axes.barh([short_label(name) for name in names], [shares[name] for name in names], color=style.GOOD)
            axes.bar_label(bars, fmt="{:.0%}", padding=3, color=style.FAINT, fontsize=8)
            axes.set_title(metric if len(found) > 1 else "", loc="left")
            axes.margins(x=0.12)
            axes.grid(visible=False)
            axes.tick_params(length=0, labelbottom=False)
            axes.spines[:].set_visible(False)
        return figure

    return Plot("importance", "Parameter importances", caption, draw)


def importances(data: PageData) -> dict[str, dict[str, float]]:
    """Return by objective the importance of each parameter, the largest first; they add up to 1.

    Parameters that did not vary, or that some trials lack, are left out. An objective without variation is left out.
    """
    import optuna
    from optuna.study import StudyDirection

    rows = sample_evenly(data.complete, MOST_TRIALS)
    if len(rows) < FEWEST_TRIALS:
        return {}
    common = [axis for axis in data.axes if all(axis.name in row.params for row in rows)]
    # Optuna refuses a parameter that did not vary.
    varied = [axis for axis in common if len({row.params[axis.name] for row in rows}) > 1]
    distributions = {axis.name: _distribution(axis) for axis in varied}
    found = {}
    for metric, direction in data.objectives.items():
        if distributions and len({row.values[metric] for row in rows}) > 1:
            study = optuna.create_study(direction=StudyDirection[direction.upper()])
            study.add_trials([_optuna_trial(row, distributions, row.values[metric]) for row in rows])
            found[metric] = {
                name: float(share) for name, share in optuna.importance.get_param_importances(study).items()
            }
    return found


def _optuna_trial(row: TrialRow, distributions: dict[str, BaseDistribution], value: float) -> FrozenTrial:
    import optuna

    params = {name: row.params[name] for name in distributions}
    return optuna.create_trial(params=params, distributions=distributions, value=value)


def _distribution(axis: Axis) -> BaseDistribution:
    from optuna.distributions import CategoricalDistribution, FloatDistribution

    if axis.choices:
        return CategoricalDistribution(axis.choices)
    return FloatDistribution(axis.low, axis.high, log=axis.log)
