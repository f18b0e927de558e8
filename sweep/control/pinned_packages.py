"""Python packages pinned to the versions that are installed here, with all that they need."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from sweep.errors import ConfigError


def parse_requirements(words: list[str]) -> list[Requirement]:
    """Packages as pip is told of them, like "timm" or "timm>=1.0". Raises ConfigError for anything else."""
    found = []
    for word in words:
        try:
            requirement = Requirement(word)
        except ValueError as error:
            raise ConfigError(f"{word!r} is no name of a package: {error}", "As in: sweep container numpy") from None
        if requirement.url:
            raise ConfigError(f"{requirement.name}: an address may hold a secret", "Name a package of the index.")
        found.append(requirement)
    return found


def pinned_requirements(wanted: list[Requirement]) -> tuple[list[str], list[str]]:
    """Lines of a requirements.txt: the `wanted` packages and what they need, in alphabetical order, each with the
    version that is installed here; and the names of wanted ones that are not, which stand as they are."""
    lines: dict[str, str] = {}
    missing: list[str] = []
    waiting, seen = list(wanted), set[tuple[str, str]]()
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        try:
            there = distribution(name)
        except PackageNotFoundError:
            lines[name] = str(requirement)
            missing.append(name)
            continue
        # What torch+cu126 is elsewhere is torch in the index.
        lines[name] = f"{name}=={Version(there.version).public}"
        for extra in ("", *requirement.extras):
            if (name, extra) not in seen:
                seen.add((name, extra))
                waiting += _needs(there.requires or [], extra)
    return [lines[name] for name in sorted(lines)], missing


def _needs(requires: list[str], extra: str) -> list[Requirement]:
    """Those of a package's requirements that hold on this machine, with one of its extras."""
    environment = {key: str(value) for key, value in default_environment().items()} | {"extra": extra}
    every = [Requirement(text) for text in requires]
    return [one for one in every if one.marker is None or one.marker.evaluate(environment)]
