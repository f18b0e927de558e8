"""The command of a user's own program: a trial's values filled in, and quoted for HTCondor's submit language."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from sweep.config.text import check_macros
from sweep.trial.spec import ParamValue, TrialSpec

Word = str | list[str]
"""A word of a command, or several words that are left out together if a trial lacks a parameter in them."""

TRIAL_PLACEHOLDERS = ("number", "seed", "epochs", "data")
"""Placeholders besides the parameters. `data` is the data's name in the folder where the job starts."""

PLACEHOLDER = re.compile(r"\{\{|\}\}|\{([A-Za-z][A-Za-z0-9_]*)\}")


def placeholders(text: str) -> set[str]:
    """Return the names in braces in a word. A doubled brace stands for itself."""
    return {match[1] for match in PLACEHOLDER.finditer(text) if match[1]}


def placeholder_values(trial: TrialSpec) -> dict[str, ParamValue]:
    """Return what each placeholder stands for in a trial."""
    own = {"number": trial.number, "seed": trial.seed, "epochs": trial.target_step, "data": trial.data.get("path", "")}
    return {**own, **trial.params}


def fill_placeholders(text: str, values: Mapping[str, ParamValue]) -> str | None:
    """Return a word with its placeholders filled in; None if a value is missing."""
    if not placeholders(text) <= values.keys():
        return None
    return PLACEHOLDER.sub(lambda match: argument_text(values[match[1]]) if match[1] else match[0][0], text)


def fill_command(command: Sequence[Word], values: Mapping[str, ParamValue]) -> list[str]:
    """Return the words of a command, without those that use a parameter which is not among the values."""
    words: list[str] = []
    for group in command:
        filled = [fill_placeholders(word, values) for word in ([group] if isinstance(group, str) else group)]
        words += [word for word in filled if word is not None] if None not in filled else []
    return words


def argument_text(value: ParamValue) -> str:
    """Return a value as a program's argument, from which the program reads the same value."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def arguments_value(words: Sequence[str]) -> str:
    """Return what follows `arguments =` in a submit description, in condor_submit's new syntax.

    Between single quotes nothing is special there. Raises ValueError for characters that no line can hold.
    """
    return _line(" ".join(_quoted(word) for word in words))


def environment_value(variables: Mapping[str, str]) -> str:
    """Return what follows `environment =` in a submit description, as `arguments_value` does."""
    return _line(" ".join(f"{name}={_quoted(value)}" for name, value in variables.items()))


def _quoted(word: str) -> str:
    return "'" + word.replace("'", "''") + "'"


def _line(text: str) -> str:
    if not text.isprintable():
        raise ValueError(f"HTCondor's submit language cannot hold {text!r}")
    return '"' + escape_macros(text.replace('"', '""')) + '"'


def escape_macros(text: str) -> str:
    """Return a text that comes out of the expansion of macros as it was.

    condor_submit expands $(…), and the schedd expands $$(…) when a job is matched. Raises ValueError for $(DOLLAR).
    """
    check_macros(text)
    return re.sub(r"\$\$?", lambda match: {"$": "$(DOLLAR)", "$$": "$$(DOLLARDOLLAR)"}[match[0]], text)
