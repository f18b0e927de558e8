"""Checks that the sections of a study file agree with each other."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from sweep.config import pruners, samplers
from sweep.config.command import TRIAL_PLACEHOLDERS, placeholders
from sweep.config.conditions import TrialParameter, condition_mistakes, expand_parameters, parent_names
from sweep.config.feasibility import feasibility_mistakes, partial_refusal
from sweep.config.file_names import name_mistakes
from sweep.config.parameters import FixedParameter, possible_value, value_mistake, values_of
from sweep.config.sections import StudyConfig
from sweep.config.text import check_macros, did_you_mean
from sweep.config.trainer import FASHION_MNIST, TrainerSection
from sweep.trial.cutoffs import PRECOMPUTED
from sweep.trial.expression import Expression
from sweep.trial.spec import ParamValue


def consistency_mistakes(config: StudyConfig, *, accepted: bool = False) -> list[str]:
    """Return where the sections of a study file contradict each other, each as `[section] key: what is wrong`.

    What version 0.1.0 did not check is not checked in a file that was `accepted`.
    """
    if found := condition_mistakes(config.search):
        return [f"[search] {mistake}" for mistake in found]
    candidates = expand_parameters(config.search)
    return [
        *_sampler_mistakes(config, candidates),
        *(_constraint_mistakes(config, candidates) or ([] if accepted else feasibility_mistakes(config, candidates))),
        *_data_mistakes(config),
        *([] if accepted else name_mistakes(config.trainer, config.job)),
        *_pruner_mistakes(config),
        *_command_mistakes(config.trainer, candidates),
        *_metric_mistakes(config),
        *_queue_mistakes(config),
    ]


def _sampler_mistakes(config: StudyConfig, candidates: Sequence[TrialParameter]) -> list[str]:
    """Return which parameters the sampler cannot use, and whether it has too many objectives."""
    name = config.sampler.name
    found = [f"[search] {mistake}" for mistake in samplers.listing_mistakes(name, candidates)]
    if len(config.study.objectives) > 1 and not samplers.SAMPLERS[name].multi_objective:
        able = ", ".join(other for other, sampler in samplers.SAMPLERS.items() if sampler.multi_objective)
        found.append(f"[sampler] name: {name} can optimise only one objective; for several, use one of {able}")
    return found


def _constraint_mistakes(config: StudyConfig, candidates: Sequence[TrialParameter]) -> list[str]:
    known = [candidate.name for candidate in candidates]
    return [
        f"[constraints] parameters: {name!r} in {text!r} is not a parameter{did_you_mean(name, known)}"
        for text in config.constraints.parameters
        for name in sorted(Expression.parse(text).names - set(known))
    ]


def _data_mistakes(config: StudyConfig) -> list[str]:
    if config.job.data and config.trainer.data in (None, FASHION_MNIST):
        return ["[job] data: needs [trainer] data to be the same folder or archive on this machine"]
    return []


def _pruner_mistakes(config: StudyConfig) -> list[str]:
    """Return which pruner and slices the study cannot have."""
    found, pruner, has_slices = [], config.pruner.name, config.job.slice is not None
    has_pruner = pruner != pruners.NONE
    key = f"[pruner] name: {pruner}" if has_pruner else "[job] slice:"
    if has_pruner and len(config.study.objectives) > 1:
        found.append(f"{key} works with only one objective")
    if has_pruner and pruner not in PRECOMPUTED and not has_slices:
        found.append(f'{key} works only between slices; set [job] slice = "2 h", for example')
    if (has_pruner or has_slices) and config.trainer.epochs is None:
        found.append(f"{key} needs [trainer] epochs, the last step of a trial")
    if has_slices and not config.trainer.has_checkpoints:
        found.append("[job] slice: needs a program that resumes from its checkpoint; set [trainer] checkpoints = true")
    return found


def _command_mistakes(trainer: TrainerSection, candidates: Sequence[TrialParameter]) -> list[str]:
    """Return placeholders that stand for nothing, or for a value that no command line can hold."""
    known = {candidate.name: candidate for candidate in candidates}
    words = [word for group in trainer.command or [] for word in ([group] if isinstance(group, str) else group)]
    texts = [("command", word) for word in words] + [("environment", text) for text in trainer.environment.values()]
    found = []
    for key, text in texts:
        for name in sorted(placeholders(text)):
            if name not in known and name not in TRIAL_PLACEHOLDERS:
                found.append(f"[trainer] {key}: {{{name}}} is not a parameter{did_you_mean(name, known)}")
            for value in (values_of(known[name].parameter) or []) if name in known else []:
                if isinstance(value, str) and (mistake := _argument_mistake(text, name, value)):
                    found.append(f"[trainer] {key}: {{{name}}} may be {value!r}, {mistake}")
    return found


def _argument_mistake(text: str, name: str, value: str) -> str:
    """Return why a word cannot have this value in place of a placeholder, '' if it can."""
    if not value.isprintable():
        return "which only trial.json can hold"
    try:
        check_macros(text.replace(f"{{{name}}}", value))
    except ValueError as error:
        return f"but {error}"
    return ""


def _metric_mistakes(config: StudyConfig) -> list[str]:
    """Return the metrics for which the pattern of a program's output has no group."""
    wanted = config.study.objectives.keys() | config.constraints.metric_names
    pattern = re.compile(config.trainer.metrics_pattern)
    if not config.trainer.metrics_pattern or (len(wanted) == 1 and pattern.groups == 1):
        return []
    return [
        f"[trainer] metrics.stdout: has no group for {name}; write (?P<{name}>…)"
        for name in sorted(wanted - pattern.groupindex.keys())
    ]


def _queue_mistakes(config: StudyConfig) -> list[str]:
    return [
        f"[[trials]] {position}: {mistake}"
        for position, values in enumerate(config.trials, start=1)
        for mistake in configuration_mistakes(config, values)
    ]


def configuration_mistakes(config: StudyConfig, values: Mapping[str, ParamValue]) -> list[str]:
    """Return why no trial of a study can have these values, which may leave out parameters; [] if one can."""
    candidates = expand_parameters(config.search)
    known = {candidate.name: candidate for candidate in candidates if not candidate.is_fixed}
    possible = {**_fixed_values(candidates), **possible_values(config, values)}
    found = []
    for name, value in values.items():
        if name not in known:
            hint = did_you_mean(name, known) or f". Its parameters: {', '.join(known)}"
            found.append(f"{name} is not a parameter of this study{hint}")
        elif name not in possible:
            found.append(f"{name} {value_mistake(known[name].parameter, value)}")
        elif obstacle := known[name].obstacle(possible):
            found.append(f"{name} has no effect with the other values: {obstacle}")
    if not found and (refused := partial_refusal(config, possible)):
        found.append(refused.text)
    return found


def _fixed_values(candidates: Sequence[TrialParameter]) -> dict[str, ParamValue]:
    """Return the values that all trials have."""
    return {
        candidate.name: candidate.parameter.value
        for candidate in candidates
        if isinstance(candidate.parameter, FixedParameter) and not parent_names(candidate.parameter)
    }


def possible_values(config: StudyConfig, values: Mapping[str, ParamValue]) -> dict[str, ParamValue]:
    """Return those of some values that trials can have, as trials have them: 3 for the 3.0 of an int parameter."""
    known = {candidate.name: candidate.parameter for candidate in expand_parameters(config.search)}
    found = {name: possible_value(known[name], value) for name, value in values.items() if name in known}
    return {name: value for name, value in found.items() if value is not None}
