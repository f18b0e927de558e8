"""Translates the parameters and directions of a study file into Optuna's classes."""

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
    """Return Optuna's direction of each objective of a study."""
    return [StudyDirection[direction.name] for direction in section.direction]


def optuna_distribution(parameter: AnyParameter) -> BaseDistribution:
    """Return Optuna's distribution of a parameter that the study searches."""
    if isinstance(parameter, IntParameter):
        # `high` may lie between two steps. Optuna would lower it to the last step itself, with a warning.
        high = parameter.high - (parameter.high - parameter.low) % parameter.step
        return IntDistribution(parameter.low, high, log=parameter.log, step=parameter.step)
    if isinstance(parameter, FloatParameter):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            return FloatDistribution(parameter.low, parameter.high, log=parameter.log, step=parameter.step)
    return CategoricalDistribution(values_of(parameter) or [])


def suggest_value(trial: Trial, parameter: TrialParameter) -> ParamValue:
    """Return Optuna's suggestion for one parameter of a trial."""
    name, distribution = parameter.name, optuna_distribution(parameter.parameter)
    if isinstance(distribution, CategoricalDistribution):
        chosen: ParamValue = trial.suggest_categorical(name, distribution.choices)  # type: ignore[assignment]
        return chosen
    if isinstance(distribution, IntDistribution):
        return trial.suggest_int(
            name, distribution.low, distribution.high, log=distribution.log, step=distribution.step
        )
    assert isinstance(distribution, FloatDistribution)  # noqa: S101 - for the type checker
    return trial.suggest_float(name, distribution.low, distribution.high, log=distribution.log, step=distribution.step)
