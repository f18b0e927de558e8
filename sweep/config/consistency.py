"""Checks that the sections of a study file agree with each other."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sweep.config import pruners, samplers
from sweep.config.command import OWN, placeholders
from sweep.config.conditions import TrialParameter, condition_mistakes, expand_parameters
from sweep.config.parameters import is_possible_value, values_of
from sweep.config.sections import StudyConfig
from sweep.config.text import did_you_mean
from sweep.config.trainer import FASHION_MNIST, TrainerSection
from sweep.trial.cutoffs import PRECOMPUTED
from sweep.trial.expression import Expression
from sweep.trial.spec import ParamValue


def consistency_mistakes(config: StudyConfig) -> list[str]:
    """What the parts of a file say about each other that cannot be."""
    if found := condition_mistakes(config.search):
        return [f"[search] {mistake}" for mistake in found]
    asked = expand_parameters(config.search)
    found = [f"[search] {mistake}" for mistake in samplers.exhaustive_mistakes(config.sampler.name, asked)]
    known = {one.name: one for one in asked}
    for text in config.constraints.parameters:
        found += [
            f"[constraints] parameters: {text!r} has {name!r}, which is no parameter{did_you_mean(name, known)}"
            for name in sorted(Expression.parse(text).names - known.keys())
        ]
    found += [f"[job] {mistake}" for mistake in config.job.size_mistakes(asked)]
    if config.job.data and config.trainer.data in (None, FASHION_MNIST):
        found.append("[job] data says where else [trainer] data lies, which must be a folder or an archive of your own")
    found += _pruner_mistakes(config)
    found += _command_mistakes(config.trainer, known) + _metric_mistakes(config)
    if len(config.study.objectives) > 1 and not samplers.SAMPLERS[config.sampler.name].multi_objective:
        able = ", ".join(name for name, kind in samplers.SAMPLERS.items() if kind.multi_objective)
        found.append(f"[sampler] name: {config.sampler.name} knows one objective; several: {able}")
    for position, values in enumerate(config.trials, start=1):
        found += [f"[[trials]] {position}: {mistake}" for mistake in configuration_mistakes(config, values)]
    return found


def _pruner_mistakes(config: StudyConfig) -> list[str]:
    """Pruners and slices that a study cannot have."""
    found, pruner, sliced = [], config.pruner.name, config.job.slice
    asked = f"[pruner] name: {pruner}" if pruner != pruners.NONE else "[job] slice"
    if pruner != pruners.NONE and len(config.study.objectives) > 1:
        found.append(f"{asked} knows one objective")
    if pruner not in (pruners.NONE, *PRECOMPUTED) and not sliced:
        found.append(f'{asked} is asked between slices: set [job] slice = "2 h", or so')
    if (pruner != pruners.NONE or sliced) and config.trainer.epochs is None:
        found.append(f"{asked} needs [trainer] epochs, the last step of a trial")
    if sliced and not config.trainer.has_checkpoints:
        found.append("[job] slice needs a program that goes on from its checkpoint: [trainer] checkpoints = true")
    return found


def _metric_mistakes(config: StudyConfig) -> list[str]:
    """A pattern over a program's output that does not say which group is which metric."""
    wanted = config.study.objectives.keys() | config.constraints.metric_names
    pattern = re.compile(config.trainer.metrics_pattern)
    if not config.trainer.metrics_pattern or (len(wanted) == 1 and pattern.groups == 1):
        return []
    return [
        f"[trainer] metrics.stdout: has no group for {name}, (?P<{name}>…)"
        for name in sorted(wanted - pattern.groupindex.keys())
    ]


def configuration_mistakes(config: StudyConfig, values: Mapping[str, ParamValue]) -> list[str]:
    """Why a study cannot try these values, which may be some of a trial's parameters."""
    known = {one.name: one for one in expand_parameters(config.search) if not one.is_fixed}
    found = []
    for name, value in values.items():
        if name not in known:
            found.append(f"{name} is not searched{did_you_mean(name, known)}")
        elif not is_possible_value(known[name].parameter, value):
            found.append(f"{name} is never {value!r}")
    if not found and not config.constraints.allow(values):
        found.append("does not keep [constraints] parameters")
    return found


def _command_mistakes(trainer: TrainerSection, known: dict[str, TrialParameter]) -> list[str]:
    """Placeholders that stand for nothing, or for what no command line can hold."""
    found = []
    words = [word for group in trainer.command or [] for word in ([group] if isinstance(group, str) else group)]
    for key, text in [("command", word) for word in words] + [("environment", v) for v in trainer.environment.values()]:
        for name in sorted(placeholders(text)):
            if name not in known and name not in OWN:
                found.append(f"[trainer] {key}: {{{name}}} is no parameter{did_you_mean(name, known)}")
            for value in (values_of(known[name].parameter) or []) if name in known else []:
                if isinstance(value, str) and not value.isprintable():
                    found.append(f"[trainer] {key}: {{{name}}} may be {value!r}, which only trial.json can hold")
    return found
