"""A user's own program: its words with a trial's values filled in, and quoted as HTCondor's submit language wants."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from sweep.trial.spec import ParamValue, TrialSpec

Word = str | list[str]
"""A word of a command, or some that stand together: they are left out where a trial lacks a parameter in them."""


OWN = ("number", "seed", "epochs", "data")
"""Placeholders besides the parameters: of the trial, and the data's name in the folder where the job starts."""


PLACEHOLDER = re.compile(r"\{\{|\}\}|\{([A-Za-z][A-Za-z0-9_]*)\}")


def placeholders(text: str) -> set[str]:
    """Names that stand in braces in a word; a doubled brace stands for itself."""
    return {match[1] for match in PLACEHOLDER.finditer(text) if match[1]}


def placeholder_values(trial: TrialSpec) -> dict[str, ParamValue]:
    """What the placeholders of a trial stand for."""
    own = {"number": trial.number, "seed": trial.seed, "epochs": trial.target_step, "data": trial.data.get("path", "")}
    return {**own, **trial.params}


def fill_placeholders(text: str, values: Mapping[str, ParamValue]) -> str | None:
    """A word with its placeholders filled in; None where a value is missing."""
    if not placeholders(text) <= values.keys():
        return None
    return PLACEHOLDER.sub(lambda match: argument_text(values[match[1]]) if match[1] else match[0][0], text)


def fill_command(command: Sequence[Word], values: Mapping[str, ParamValue]) -> list[str]:
    """All words of a command, without those that a trial with these values lacks."""
    words: list[str] = []
    for group in command:
        filled = [fill_placeholders(word, values) for word in ([group] if isinstance(group, str) else group)]
        words += [word for word in filled if word is not None] if None not in filled else []
    return words


def argument_text(value: ParamValue) -> str:
    """A value as a program's argument: it reads back as what it was."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def arguments_value(words: Sequence[str]) -> str:
    """What stands after `arguments =`: condor_submit's new syntax, in which nothing is special between single quotes.

    Raises ValueError for what no line can hold.
    """
    return _line(" ".join(_quoted(word) for word in words))


def environment_value(variables: Mapping[str, str]) -> str:
    """What stands after `environment =`, likewise."""
    return _line(" ".join(f"{name}={_quoted(value)}" for name, value in variables.items()))


def _quoted(word: str) -> str:
    return "'" + word.replace("'", "''") + "'"


def _line(text: str) -> str:
    if not text.isprintable():
        raise ValueError(f"HTCondor's submit language cannot hold {text!r}")
    return '"' + escape_macros(text.replace('"', '""')) + '"'


def escape_macros(text: str) -> str:
    """A text that macros leave alone: condor_submit expands $(…), and the schedd $$(…) when a job is matched."""
    return re.sub(r"\$\$?", lambda match: {"$": "$(DOLLAR)", "$$": "$$(DOLLARDOLLAR)"}[match[0]], text)
