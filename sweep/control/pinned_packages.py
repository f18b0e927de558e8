"""Pins Python packages, and all that they need, to the versions that are installed here."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from sweep.errors import ConfigError


def parse_requirements(texts: list[str]) -> list[Requirement]:
    """Return packages from pip's notation, such as "timm" or "timm>=1.0". Raises ConfigError for anything else."""
    packages = []
    for text in texts:
        try:
            package = Requirement(text)
        except ValueError as error:
            raise ConfigError(f"{text!r} is no name of a package: {error}", "Example: sweep container numpy") from None
        if package.url:
            raise ConfigError(
                f"{package.name}: the URL may hold a secret, and would stand in requirements.txt",
                f"Give its name on the package index: sweep container {package.name}",
            )
        packages.append(package)
    return packages


def pinned_requirements(packages: list[Requirement]) -> tuple[list[str], list[str]]:
    """Return the lines of a requirements.txt, in alphabetical order, and the packages that are not installed here.

    The lines have these packages and all that they need, each with its installed version. A package that is not
    installed stands there as it was given.
    """
    lines: dict[str, str] = {}
    missing: list[str] = []
    waiting, seen = list(packages), set[tuple[str, str]]()
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        try:
            installed = distribution(name)
        except PackageNotFoundError:
            lines[name] = str(requirement)
            missing.append(name)
            continue
        # Without a local version such as +cu126, which the package index does not have.
        lines[name] = f"{name}=={Version(installed.version).public}"
        for extra in ("", *requirement.extras):
            if (name, extra) not in seen:
                seen.add((name, extra))
                waiting += _active_requirements(installed.requires or [], extra)
    return [lines[name] for name in sorted(lines)], missing


def _active_requirements(texts: list[str], extra: str) -> list[Requirement]:
    """Return those requirements of a package that apply to this machine, with one of its extras ('': with none)."""
    environment = {key: str(value) for key, value in default_environment().items()} | {"extra": extra}
    packages = [Requirement(text) for text in texts]
    return [package for package in packages if package.marker is None or package.marker.evaluate(environment)]
