"""The parameters of a study in Optuna's terms."""

from __future__ import annotations

import warnings

from optuna.distributions import BaseDistribution, CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.study import StudyDirection
from optuna.trial import Trial

from sweep.config.conditions import TrialParameter
from sweep.config.parameters import AnyParameter, FloatParameter, IntParameter, values_of
from sweep.config.sections import StudySection
from sweep.trial.spec import ParamValue


def optuna_directions(section: StudySection) -> list[StudyDirection]:
    """Return the direction of each objective of a study, in Optuna's terms."""
    return [StudyDirection[direction.name] for direction in section.direction]


def optuna_distribution(parameter: AnyParameter) -> BaseDistribution:
    """A parameter that is searched, in Optuna's terms."""
    if isinstance(parameter, IntParameter):
        # The last step may not end at high; Optuna would lower high itself, with a warning.
        high = parameter.high - (parameter.high - parameter.low) % parameter.step
        return IntDistribution(parameter.low, high, log=parameter.log, step=parameter.step)
    if isinstance(parameter, FloatParameter):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            return FloatDistribution(parameter.low, parameter.high, log=parameter.log, step=parameter.step)
    return CategoricalDistribution(values_of(parameter) or [])


def suggest_value(trial: Trial, one: TrialParameter) -> ParamValue:
    """Ask Optuna for one parameter of a trial."""
    space = optuna_distribution(one.parameter)
    if isinstance(space, CategoricalDistribution):
        chosen: ParamValue = trial.suggest_categorical(one.name, space.choices)  # type: ignore[assignment]
        return chosen
    if isinstance(space, IntDistribution):
        return trial.suggest_int(one.name, space.low, space.high, log=space.log, step=space.step)
    assert isinstance(space, FloatDistribution)  # noqa: S101 - for the type checker
    return trial.suggest_float(one.name, space.low, space.high, log=space.log, step=space.step)
