"""A trial's values as job attributes and as VARS lines of a DAG. Pure."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from urllib.parse import quote

from sweep.trial.spec import ParamValue, TrialSpec

UNESCAPED = " !#&()*+,-./:;<=>?@[]^_`{|}~"
"""Characters, besides letters and digits, that a job attribute holds as they are; the others become %XX.

The quote, the backslash and the dollar are not among them: the DAG file, the submit language and ClassAds each read
them differently.
"""


def node_vars(trial: TrialSpec) -> str:
    """Return the VARS of a trial's node: name="value" pairs."""
    return " ".join(f'{name}="{_escape(value)}"' for name, value in trial_attributes(trial).items())


def trial_attributes(trial: TrialSpec) -> dict[str, str]:
    """Return the submit commands of one trial: the name of its folder, and its parameters as job attributes."""
    return {
        "trial": f"{trial.number:05d}",
        "My.SweepTrial": str(trial.number),
        "My.SweepGeneration": str(trial.generation),
        **{f"My.{attribute}": classad_value(trial.params[name]) for name, attribute in attribute_names(trial.params)},
    }


def attribute_names(parameters: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield the job attribute of each parameter. Of names that differ in case alone, later ones get a number.

    To HTCondor they would be the same.
    """
    taken: set[str] = set()
    for name in parameters:
        numbers = itertools.chain([""], (f"_{number}" for number in itertools.count(2)))
        attribute = next(attribute for end in numbers if (attribute := f"SweepParam_{name}{end}").lower() not in taken)
        taken.add(attribute.lower())
        yield name, attribute


def classad_value(value: ParamValue) -> str:
    """Return a parameter's value as a ClassAd literal. `urllib.parse.unquote` restores a string."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    return f'"{quote(value, safe=UNESCAPED)}"'


def _escape(value: str) -> str:
    """Escape a value for the quotes of a VARS line."""
    return value.replace("\\", "\\\\").replace('"', '\\"')
