"""The queue of configurations: those in `[[trials]]` of the study file, then those of `sweep enqueue`."""

from __future__ import annotations

import json
import shlex
import tomllib
from collections.abc import Callable, Mapping

from sweep.config.conditions import expand_parameters
from sweep.config.consistency import configuration_mistakes, possible_values
from sweep.config.parameters import first_value
from sweep.config.text import toml_text
from sweep.errors import ConfigError, StudyError
from sweep.study.commands import study_command
from sweep.study.notes import note
from sweep.study.study import Study
from sweep.system.files import write_text
from sweep.system.lock_wait import hold_lock
from sweep.trial.spec import ParamValue

Queued = tuple[str, dict[str, ParamValue]]
"""A configuration that was queued, after its name."""

FIX = 'Fix the line, which must look like {"name": "mine", "params": {"lr": 0.01}}, or remove it.'


def queued_configurations(study: Study) -> list[Queued]:
    """Return all configurations that were ever queued, in order, each with its name.

    A trial that uses one keeps its name. Damaged lines of the file of `sweep enqueue` are left out, with a note.
    """
    listed = [(f"[[trials]] {number}", dict(values)) for number, values in enumerate(study.config.trials, start=1)]
    found, damaged = _enqueued(study)
    for mistake in damaged:
        note(mistake, f"{mistake}. {FIX}")
    return listed + found


def _enqueued(study: Study) -> tuple[list[Queued], list[str]]:
    """Return the configurations of `sweep enqueue`, each with its name, and what is wrong with the other lines."""
    file = study.paths.enqueued
    try:
        lines = file.read_bytes().splitlines()
    except FileNotFoundError:
        return [], []
    except OSError as error:
        return [], [f"{file} cannot be read: {error}"]
    found: dict[str, dict[str, ParamValue]] = {}
    damaged = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            name, params = _parse_line(line)
            if name in found:
                raise ValueError(f"an earlier line has the name {toml_text(name)} too")
            found[name] = params
        except (ValueError, RecursionError) as error:
            damaged.append(f"{file} cannot be read, line {number}: {error}")
    return list(found.items()), damaged


def _parse_line(line: bytes) -> Queued:
    """Return the configuration that a line holds. Raises ValueError if it holds none."""
    entry = json.loads(line)
    name, params = (entry.get("name"), entry.get("params")) if isinstance(entry, dict) else (None, None)
    if not isinstance(name, str) or not isinstance(params, dict):
        raise ValueError("it has no name and params")
    for parameter, value in params.items():
        if not isinstance(value, ParamValue):
            raise ValueError(f"{parameter} must be a number, a string, true or false")
    return name, params


def parse_assignments(study: Study, command: str, texts: list[str]) -> dict[str, ParamValue]:
    """Return parameters from NAME=VALUE. A value that is no number, and neither true nor false, is a string.

    Raises ConfigError, with an example for this `command` of sweep, for a text without a name or without =.
    """
    values: dict[str, ParamValue] = {}
    for assignment in texts:
        name, sign, text = assignment.partition("=")
        if not sign or not name:
            raise ConfigError(f"{assignment!r} is not NAME=VALUE", f"For example: {_example(study, command)}")
        try:
            value = tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            value = text
        values[name] = value if isinstance(value, bool | int | float) else text
    return values


def _example(study: Study, command: str) -> str:
    """Return a command line that assigns a value to the first parameter that is not fixed."""
    candidates = expand_parameters(study.config.search)
    assigned = (f"{item.name}={first_value(item.parameter)}" for item in candidates if not item.is_fixed)
    return study_command(study, shlex.join([command, next(assigned, "NAME=VALUE")]))


def queue_configuration(
    study: Study, name: str, values: Mapping[str, ParamValue], say: Callable[[str], None] = lambda _: None
) -> bool:
    """Queue a configuration to run next; return False if one of this name was queued before.

    `say` gets what it waits for. Raises ConfigError for parameters that the study does not search, and for values that
    they cannot have; StudyError if the file of `sweep enqueue` is damaged.
    """
    if mistakes := configuration_mistakes(study.config, values):
        raise ConfigError("\n".join(mistakes), f"See [search] in {study.paths.config}")
    with hold_lock(study.paths.launch_lock, say):
        queue, damaged = _enqueued(study)
        if damaged:
            raise StudyError("\n".join(damaged), FIX)
        if name in dict(queue):
            return False
        queue.append((name, possible_values(study.config, values)))
        lines = [json.dumps({"name": queued, "params": params}) + "\n" for queued, params in queue]
        write_text(study.paths.enqueued, "".join(lines))
    return True
