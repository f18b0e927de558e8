"""The queue of configurations: those in `[[trials]]` of the study file, then those of `sweep enqueue`."""

from __future__ import annotations

import json
import shlex
import tomllib
from collections.abc import Mapping

from sweep.config.conditions import expand_parameters
from sweep.config.consistency import configuration_mistakes
from sweep.config.parameters import first_value
from sweep.errors import ConfigError, StudyError
from sweep.study.commands import study_command
from sweep.study.study import Study
from sweep.system.files import locked, write_text
from sweep.trial.spec import ParamValue


def queued_configurations(study: Study) -> list[tuple[str, dict[str, ParamValue]]]:
    """Return all configurations that were ever queued, in order, each with its name.

    A trial that uses one keeps its name. Raises StudyError if the file of `sweep enqueue` is damaged.
    """
    listed = [(f"[[trials]] {number}", dict(values)) for number, values in enumerate(study.config.trials, start=1)]
    return listed + _enqueued(study)


def _enqueued(study: Study) -> list[tuple[str, dict[str, ParamValue]]]:
    """Return the configurations of `sweep enqueue`, each with its name."""
    file = study.paths.enqueued
    try:
        lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        return [(line["name"], line["params"]) for line in lines]
    except FileNotFoundError:
        return []
    except (ValueError, KeyError, TypeError) as error:
        raise StudyError(
            f"{file} cannot be read: {error}", "Fix it (each line is a JSON object), or remove it."
        ) from None


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


def queue_configuration(study: Study, name: str, values: Mapping[str, ParamValue]) -> bool:
    """Queue a configuration to run next; return False if one of this name was queued before.

    Raises ConfigError for parameters that the study does not search, and for values that they cannot have.
    """
    if mistakes := configuration_mistakes(study.config, values):
        raise ConfigError("\n".join(mistakes), f"See [search] in {study.paths.config}")
    with locked(study.paths.launch_lock, wait=True):
        queue = _enqueued(study)
        if name in dict(queue):
            return False
        queue.append((name, dict(values)))
        lines = [json.dumps({"name": queued, "params": params}) + "\n" for queued, params in queue]
        write_text(study.paths.enqueued, "".join(lines))
    return True
