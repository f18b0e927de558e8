"""A trial's values as job attributes and as VARS lines of a DAG. Pure."""

from __future__ import annotations

from urllib.parse import quote

from sweep.trial.spec import ParamValue, TrialSpec

PLAIN = " !#&()*+,-./:;<=>?@[]^_`{|}~"
"""Characters besides letters and digits that a job attribute bears as they are; others become %XX.

Left out are the quote, the backslash and the dollar, which the DAG file, the submit language, and ClassAds each
read in their own way.
"""


def node_vars(trial: TrialSpec) -> str:
    """The VARS of a trial's node."""
    return " ".join(f'{name}="{_escape(value)}"' for name, value in trial_attributes(trial).items())


def trial_attributes(trial: TrialSpec) -> dict[str, str]:
    """What a submit description has of one trial: its folder, and its parameters as attributes of its job."""
    return {
        "trial": f"{trial.number:05d}",
        "My.SweepTrial": str(trial.number),
        "My.SweepGeneration": str(trial.generation),
        **{f"My.SweepParam_{name}": classad_value(value) for name, value in trial.params.items()},
    }


def classad_value(value: ParamValue) -> str:
    """A parameter's value as a ClassAd literal; `urllib.parse.unquote` gives a string back as it was."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    return f'"{quote(value, safe=PLAIN)}"'


def _escape(value: str) -> str:
    """Escapes a value between the quotes of a VARS line."""
    return value.replace("\\", "\\\\").replace('"', '\\"')
