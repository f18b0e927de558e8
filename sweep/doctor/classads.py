"""Splits ClassAd expressions into their conditions, and writes conditions in words. Pure."""

from __future__ import annotations

import re

from sweep.pool.classads import Ad, parse_expression
from sweep.units import readable_bytes

KB, MB = 2**10, 2**20


ATTRIBUTES = {
    "Cpus": ("cores", 0),
    "Memory": ("memory", MB),
    "Disk": ("disk", KB),
    "GPUs": ("GPUs in a slot", 0),
    "Capability": ("GPU capability", 0),
    "GlobalMemoryMb": ("GPU memory", MB),
    "DeviceName": ("GPU name", 0),
    "MaxSupportedVersion": ("CUDA version of the driver", 0),
    "DriverVersion": ("GPU driver", 0),
    "HasContainer": ("a way to run containers (HasContainer)", 0),
    "HasSIF": ("a way to run .sif images (HasSIF)", 0),
    "HasDockerURL": ("a way to run docker:// images (HasDockerURL)", 0),
    "HasSelfCheckpointTransfers": ("transfer of checkpoints (HasSelfCheckpointTransfers)", 0),
}
"""Attributes of slots and GPUs: their names in words, and their unit in bytes, 0 if they are no amount of bytes."""


COMPARISON = re.compile(
    r"(?:TARGET\.)?(?P<name>\w+) (?P<operator>>=|<=|>|<|==|!=|is|isnt) (?P<value>\"[^\"]*\"|[\w.+-]+)"
)


TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|=\?=|&&|\|\||[()\[\]{}?]|(?:(?!=\?=)[^"&|()\[\]{}?])+|.', re.DOTALL)


FLOAT = re.compile(r"-?\d\.\d+E[+-]\d+")


def attribute_source(ad: Ad, name: str) -> str:
    """Return an attribute's expression as text, '' if the ad has no such attribute."""
    return str(ad.lookup(name)) if name in ad else ""


def number_or_zero(value: object) -> float:
    """Return a value as a number, 0 if it is neither a number nor a boolean."""
    # The bindings return undefined and error as members of an integer enumeration.
    return float(value) if type(value) in (bool, int, float) else 0.0  # type: ignore[arg-type]


def split_conditions(text: str) -> list[str]:
    """Return the conditions that must all hold: the parts of an expression between its outermost &&."""
    text = _without_parentheses(text.strip())
    parts, depth = [""], 0
    for piece in TOKEN.findall(text):
        depth += piece in ("(", "[", "{")
        depth -= piece in (")", "]", "}")
        if depth == 0 and piece in ("||", "?"):
            return [text]
        if depth == 0 and piece == "&&":
            parts.append("")
        else:
            parts[-1] += piece
    if len(parts) == 1:
        return [text] if text else []
    return [inner for part in parts for inner in split_conditions(part)]


def _without_parentheses(text: str) -> str:
    """Return an expression without the parentheses around the whole of it."""
    depth = 0
    pieces = TOKEN.findall(text)
    for position, piece in enumerate(pieces):
        depth += piece == "("
        depth -= piece == ")"
        if depth == 0 and position < len(pieces) - 1:
            return text
    return _without_parentheses(text[1:-1].strip()) if text.startswith("(") else text


def fill_condition(condition: str, job: Ad) -> str:
    """Return a job's condition with the job's own values in place of its attributes."""
    return FLOAT.sub(lambda match: f"{float(match[0]):g}", str(job.flatten(parse_expression(condition))))


def readable_condition(condition: str) -> str:
    """Return a condition from `fill_condition` in words."""
    if (match := COMPARISON.fullmatch(condition)) and match["name"] in ATTRIBUTES:
        name, unit = ATTRIBUTES[match["name"]]
        return f"{name} {match['operator']} {readable_amount(match['value'], unit)}"
    attribute = condition.removeprefix("TARGET.")
    return ATTRIBUTES[attribute][0] if attribute in ATTRIBUTES else condition.replace("TARGET.", "")


def readable_amount(value: str | float, unit: int) -> str:
    """Return an attribute's value as text. `unit` is its unit in bytes, 0 if it is no amount of bytes."""
    try:
        count = float(value)
    except ValueError:
        return str(value)
    if not unit:
        return f"{count:g}"
    return readable_bytes(count * unit)
