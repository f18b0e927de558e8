"""Configurations that a person wants tried: those listed in the study file, and those enqueued later."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping

from sweep.config.consistency import configuration_mistakes
from sweep.errors import ConfigError, StudyError
from sweep.study.study import Study
from sweep.system.files import locked, write_text
from sweep.trial.spec import ParamValue


def queued_configurations(study: Study) -> list[tuple[str, dict[str, ParamValue]]]:
    """Each configuration under the name that the trial which takes it bears, in the order they are to be tried.

    Raises StudyError when the file of enqueued ones is damaged.
    """
    first = [(f"[[trials]] {n}", dict(values)) for n, values in enumerate(study.config.trials, start=1)]
    return first + _enqueued(study)


def _enqueued(study: Study) -> list[tuple[str, dict[str, ParamValue]]]:
    file = study.paths.enqueued
    try:
        lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
        return [(line["name"], line["params"]) for line in lines]
    except FileNotFoundError:
        return []
    except (ValueError, KeyError, TypeError) as error:
        raise StudyError(f"{file} cannot be read: {error}", "Mend it, a JSON object a line, or remove it.") from None


def parse_assignments(words: list[str]) -> dict[str, ParamValue]:
    """NAME=VALUE words as values; a value that is no number and no true or false is a string.

    Raises ConfigError for a word without a name.
    """
    values: dict[str, ParamValue] = {}
    for word in words:
        name, sign, text = word.partition("=")
        if not sign or not name:
            raise ConfigError(f"{word!r} is not NAME=VALUE", "As in: sweep enqueue lr=0.01 optimizer=sgd")
        try:
            value = tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            value = text
        values[name] = value if isinstance(value, bool | int | float) else text
    return values


def queue_configuration(study: Study, name: str, values: Mapping[str, ParamValue]) -> bool:
    """Have a configuration tried next, once; False where one of this name was enqueued before.

    Raises ConfigError for parameters that the study does not search, or values that they cannot have.
    """
    if mistakes := configuration_mistakes(study.config, values):
        raise ConfigError("\n".join(mistakes), f"What is searched is in {study.paths.config}.")
    with locked(study.paths.launch_lock, wait=True):
        there = _enqueued(study)
        if name in dict(there):
            return False
        every = [*there, (name, dict(values))]
        lines = [json.dumps({"name": one, "params": params}) + "\n" for one, params in every]
        write_text(study.paths.enqueued, "".join(lines))
    return True
