"""Imported by the process that tests/crashes.py forks from: has Optuna load what it loads when it is used first."""

from __future__ import annotations

from optuna import create_study
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.storages import RDBStorage
from optuna.trial import TrialState

import sweep.control.launch  # noqa: F401
import tests.crash_actions
import tests.quick_storage  # noqa: F401

_storage = RDBStorage("sqlite://")
_study = create_study(storage=_storage)
for _ in range(12):
    _trial = _study.ask({"x": FloatDistribution(0, 1), "y": CategoricalDistribution(["a", "b"])})
    _trial.report(0.5, 1)
    _study.tell(_trial, 0.5, state=TrialState.COMPLETE)
_storage.engine.dispose()
