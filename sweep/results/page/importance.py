"""How much each parameter matters, as Optuna finds it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sweep.optimizer.trial_row import TrialRow
from sweep.results.page import style
from sweep.results.page.page_data import Axis, PageData, label, thinned
from sweep.results.page.style import Plot

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from optuna.distributions import BaseDistribution
    from optuna.trial import FrozenTrial


FITTED = 1000
"""Trials, at the most."""


FEWEST = 5
"""Trials from which anything may be said."""


SHOWN = 20


def plot(subject: PageData) -> Plot | None:
    """None where there is too little to go by."""
    found = importances(subject)
    if not found:
        return None
    missing = [axis.name for axis in subject.axes if all(axis.name not in shares for shares in found.values())]
    complete = len(subject.complete)
    caption = "By PED-ANOVA (Optuna): what sets the best tenth of the trials apart."
    caption += f" Fitted on {FITTED:,} of {complete:,} complete trials." if complete > FITTED else ""
    caption += f" With {complete} trials it is a hint, no more." if complete < 50 else ""
    caption += f" Left out, since not all trials have them: {', '.join(missing)}." if missing else ""

    def draw(narrow: bool) -> Figure:
        most = min(SHOWN, max(map(len, found.values())))
        rows, columns = (len(found), 1) if narrow else (1, len(found))
        figure = style.figure(narrow, (0.5 + 0.24 * most) * rows)
        for axes, (metric, shares) in zip(
            figure.subplots(rows, columns, squeeze=False).flat, found.items(), strict=True
        ):
            names = list(shares)[:SHOWN][::-1]
            bars = axes.barh([label(name) for name in names], [shares[name] for name in names], color=style.GOOD)
            axes.bar_label(bars, fmt="{:.0%}", padding=3, color=style.FAINT, fontsize=8)
            axes.set_title(metric if len(found) > 1 else "", loc="left")
            axes.margins(x=0.12)
            axes.grid(visible=False)
            axes.tick_params(length=0, labelbottom=False)
            axes.spines[:].set_visible(False)
        return figure

    return Plot("importance", "Parameter importances", caption, draw)


def importances(subject: PageData) -> dict[str, dict[str, float]]:
    """By objective, those of the parameters that all trials have, the most important first; they add up to 1."""
    import optuna
    from optuna.study import StudyDirection

    rows = thinned(subject.complete, FITTED)
    if len(rows) < FEWEST:
        return {}
    common = [axis for axis in subject.axes if all(axis.name in row.params for row in rows)]
    # One that never varied cannot matter; Optuna would refuse.
    common = [axis for axis in common if len({row.params[axis.name] for row in rows}) > 1]
    spaces = {axis.name: _distribution(axis) for axis in common}
    found = {}
    for metric, direction in subject.objectives.items():
        if spaces and len({row.values[metric] for row in rows}) > 1:
            study = optuna.create_study(direction=StudyDirection[direction.upper()])
            study.add_trials([_trial(row, spaces, row.values[metric]) for row in rows])
            found[metric] = {
                name: float(share) for name, share in optuna.importance.get_param_importances(study).items()
            }
    return found


def _trial(row: TrialRow, spaces: dict[str, BaseDistribution], value: float) -> FrozenTrial:
    import optuna

    params = {name: row.params[name] for name in spaces}
    return optuna.create_trial(params=params, distributions=spaces, value=value)


def _distribution(axis: Axis) -> BaseDistribution:
    from optuna.distributions import CategoricalDistribution, FloatDistribution

    if axis.choices:
        return CategoricalDistribution(axis.choices)
    return FloatDistribution(axis.low, axis.high, log=axis.log)
