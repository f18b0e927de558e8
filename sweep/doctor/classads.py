"""Reads expressions of ClassAds, as HTCondor's ads have them: their parts, their value, and in words. Pure."""

from __future__ import annotations

import re

from sweep.pool.classads import Ad, parse_expression
from sweep.units import readable_bytes

KB, MB = 2**10, 2**20


NAMES = {
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
"""Attributes of slots and of GPUs in words, and the bytes of their unit, 0 where they are no amount of bytes."""


COMPARISON = re.compile(
    r"(?:TARGET\.)?(?P<name>\w+) (?P<operator>>=|<=|>|<|==|!=|is|isnt) (?P<value>\"[^\"]*\"|[\w.+-]+)"
)


TOKEN = re.compile(r'"(?:\\.|[^"\\])*"|=\?=|&&|\|\||[()\[\]{}?]|(?:(?!=\?=)[^"&|()\[\]{}?])+|.', re.DOTALL)


FLOAT = re.compile(r"-?\d\.\d+E[+-]\d+")


def attribute_source(ad: Ad, name: str) -> str:
    """An attribute's expression as text, '' where the ad has no such attribute."""
    return str(ad.lookup(name)) if name in ad else ""


def number_or_zero(value: object) -> float:
    """A value where it is a number or a truth, else 0: undefined and error are, to the bindings, of an enumeration."""
    return float(value) if type(value) in (bool, int, float) else 0.0  # type: ignore[arg-type]


def conjuncts(text: str) -> list[str]:
    """The parts of an expression that all must hold: those between its outermost &&."""
    text = _bare(text.strip())
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
    return [inner for part in parts for inner in conjuncts(part)]


def _bare(text: str) -> str:
    """An expression without the parentheses around all of it."""
    depth = 0
    pieces = TOKEN.findall(text)
    for position, piece in enumerate(pieces):
        depth += piece == "("
        depth -= piece == ")"
        if depth == 0 and position < len(pieces) - 1:
            return text
    return _bare(text[1:-1].strip()) if text.startswith("(") else text


def fill_condition(part: str, job: Ad) -> str:
    """A condition of a job with the job's own values in place of its attributes."""
    return FLOAT.sub(lambda found: f"{float(found[0]):g}", str(job.flatten(parse_expression(part))))


def readable_condition(condition: str) -> str:
    """A condition, as `filled` gives it, for people."""
    if (match := COMPARISON.fullmatch(condition)) and match["name"] in NAMES:
        name, unit = NAMES[match["name"]]
        return f"{name} {match['operator']} {readable_amount(match['value'], unit)}"
    bare = condition.removeprefix("TARGET.")
    return NAMES[bare][0] if bare in NAMES else condition.replace("TARGET.", "")


def readable_amount(value: str | float, unit: int) -> str:
    """An attribute's value for people, in bytes where it counts `unit`s of them."""
    try:
        count = float(value)
    except ValueError:
        return str(value)
    if not unit:
        return f"{count:g}"
    return readable_bytes(count * unit)
