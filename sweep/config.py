"""The study file: reading it, and errors that name file, key and remedy, all of them at once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from sweep import command, conditions, cutoffs, interface, pruners, samplers, sites, space
from sweep.errors import ConfigError
from sweep.expression import Expression
from sweep.job_section import JobSection
from sweep.sections import (
    APSection,
    ConstraintsSection,
    LimitsSection,
    StudyConfig,
    StudySection,
)
from sweep.space import PARAMETER_TYPES, Section
from sweep.tracking_section import TrackingSection
from sweep.trainer_section import FASHION_MNIST, TrainerSection
from sweep.trial import ParamValue
from sweep.words import nearest


def load(path: Path, site: Path | None = None) -> StudyConfig:
    """Read and check a study file; `site` is the file of its site, where that is not as `[job] site` says.

    Raises ConfigError naming every mistake, one a line, with file, key and, for a typo, the nearest legal key.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such file", "Type `sweep init` without a file for a quickstart study.") from None
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from None
    return parse(text, str(path), site)


def parse(text: str, name: str, site: Path | None = None) -> StudyConfig:
    """`load` for a text; `name` is the file that errors name."""
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{name}: not valid TOML: {error}") from None
    mistakes = interface.mistakes(table)
    config = None
    try:
        config = StudyConfig.model_validate(_with_site(table, Path(name), site))
    except ConfigError as error:
        mistakes += [str(error)]
    except ValidationError as error:
        mistakes = [_explain(detail) for detail in error.errors()] + mistakes
    if config and not mistakes:
        mistakes = _search_mistakes(config)
    if mistakes or config is None:
        raise ConfigError("\n".join(f"{name}: {mistake}" for mistake in mistakes), f"Mend {name} and type it again.")
    return config


def _with_site(table: dict[str, Any], file: Path, site_file: Path | None) -> dict[str, Any]:
    """A study's table with what its site has for it. Raises ConfigError for a site that cannot be used."""
    job = table.get("job")
    site = job.get("site") if isinstance(job, dict) else None
    if not isinstance(site, str) or not site:
        return table
    return sites.with_defaults(table, sites.load(site_file or sites.file_of(site, file.parent), site))


def _search_mistakes(config: StudyConfig) -> list[str]:
    """What the parts of a file say about each other that cannot be."""
    if found := conditions.mistakes(config.search):
        return [f"[search] {mistake}" for mistake in found]
    asked = conditions.written_out(config.search)
    found = [f"[search] {mistake}" for mistake in samplers.unlistable(config.sampler.name, asked)]
    known = {one.name: one for one in asked}
    for text in config.constraints.parameters:
        found += [
            f"[constraints] parameters: {text!r} has {name!r}, which is no parameter{nearest(name, known)}"
            for name in sorted(Expression.parse(text).names - known.keys())
        ]
    found += [f"[job] {mistake}" for mistake in config.job.mistakes(asked)]
    if config.job.data and config.trainer.data in (None, FASHION_MNIST):
        found.append("[job] data says where else [trainer] data lies, which must be a folder or an archive of your own")
    found += _pruner_mistakes(config)
    found += _command_mistakes(config.trainer, known) + _metric_mistakes(config)
    if len(config.study.objectives) > 1 and not samplers.SAMPLERS[config.sampler.name].many:
        able = ", ".join(name for name, kind in samplers.SAMPLERS.items() if kind.many)
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
    if pruner not in (pruners.NONE, *cutoffs.TRAVELLING) and not sliced:
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
    known = {one.name: one for one in conditions.written_out(config.search) if not one.is_fixed}
    found = []
    for name, value in values.items():
        if name not in known:
            found.append(f"{name} is not searched{nearest(name, known)}")
        elif not space.may_be(known[name].parameter, value):
            found.append(f"{name} is never {value!r}")
    if not found and not config.constraints.allow(values):
        found.append("does not keep [constraints] parameters")
    return found


def _command_mistakes(trainer: TrainerSection, known: dict[str, conditions.Asked]) -> list[str]:
    """Placeholders that stand for nothing, or for what no command line can hold."""
    found = []
    words = [word for group in trainer.command or [] for word in ([group] if isinstance(group, str) else group)]
    for key, text in [("command", word) for word in words] + [("environment", v) for v in trainer.environment.values()]:
        for name in sorted(command.placeholders(text)):
            if name not in known and name not in command.OWN:
                found.append(f"[trainer] {key}: {{{name}}} is no parameter{nearest(name, known)}")
            for value in (space.values_of(known[name].parameter) or []) if name in known else []:
                if isinstance(value, str) and not value.isprintable():
                    found.append(f"[trainer] {key}: {{{name}}} may be {value!r}, which only trial.json can hold")
    return found


_SECTIONS: dict[str, type[Section]] = {
    "study": StudySection,
    "trainer": TrainerSection,
    "job": JobSection,
    "limits": LimitsSection,
    "ap": APSection,
    "constraints": ConstraintsSection,
    "tracking": TrackingSection,
}


def _explain(detail: Any) -> str:
    """One of pydantic's errors as `[section] key: what is wrong`."""
    place = [str(part) for part in detail["loc"]]
    kind, context = detail["type"], detail.get("ctx", {})
    legal: list[str] = list(StudyConfig.model_fields)
    if place and place[0] in _SECTIONS:
        legal = list(_SECTIONS[place[0]].model_fields)
        place = place[:2] if kind != "missing" else place
    elif len(place) > 2 and place[0] == "search" and place[2] in PARAMETER_TYPES:
        legal = list(PARAMETER_TYPES[place[2]].model_fields)
        del place[2]
        place = place[:3]
    key = _key(place)
    if kind == "extra_forbidden":
        what = "section" if len(place) == 1 else "key"
        return f"{key}: unknown {what}{nearest(place[-1], legal)}"
    if kind == "missing":
        return f"{key}: missing"
    if kind == "union_tag_not_found":
        return f"{key}.type: missing; it must be one of {', '.join(PARAMETER_TYPES)}"
    if kind == "union_tag_invalid":
        tag = str(context.get("tag"))
        return f"{key}.type: unknown type {tag!r}{nearest(tag, list(PARAMETER_TYPES))}"
    message = re.sub(r"^Value error, ", "", detail["msg"])
    if kind in ("model_type", "model_attributes_type", "dict_type"):
        message = (
            'must be a table, like { type = "float", low = 0.0, high = 1.0 }'
            if place[0] == "search"
            else (f"must be a section of its own, [{place[0]}]")
        )
    if kind in ("too_short", "string_too_short"):
        message = f"needs at least {context['min_length']}"
    if kind == "string_pattern_mismatch" and place[-1] == "data_sha256":
        message = "must be 64 digits and letters a to f, as sha256sum prints them"
    elif kind == "string_pattern_mismatch":
        message = "must be letters, digits, '.', '_' or '-', the first a letter or digit"
    value = detail.get("input")
    shown = f" (it is {value!r})" if isinstance(value, str | int | float) and kind != "value_error" else ""
    return f"{key}: {message[:1].lower() + message[1:]}{shown}"


def _key(place: list[str]) -> str:
    if len(place) <= 1:
        return f"[{place[0]}]" if place else "the file"
    return f"[{place[0]}] {'.'.join(place[1:])}"
