"""Downloads and unpacks Debian packages as an ordinary user: apt checks them, and nothing is installed."""

from __future__ import annotations

import platform
import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path

from sweep.errors import SweepError

KEYRINGS = ("/usr/share/keyrings/debian-archive-keyring.gpg", "/usr/share/keyrings/debian-archive-keyring.pgp")


LIBRARY_TRIPLETS = {"x86_64": "x86_64-linux-gnu", "aarch64": "aarch64-linux-gnu"}
"""The processors that sweep supports, and the names of Debian's library folders for them."""


class AptError(SweepError):
    """apt is missing or failed. The message holds what apt printed."""


def why_unsupported() -> str:
    """Return why sweep cannot download Debian packages on this machine, '' if it can."""
    missing = [tool for tool in ("apt-get", "apt-cache", "dpkg", "dpkg-deb") if shutil.which(tool) is None]
    if missing:
        return f"this machine has no {missing[0]}"
    if platform.machine() not in LIBRARY_TRIPLETS:
        return f"sweep does not support this machine's processor, {platform.machine()}"
    return ""


class Archive:
    """One release of Debian on a mirror.

    apt keeps its lists and state in `folder`. The system's own are neither read nor changed.
    """

    def __init__(self, folder: Path, mirror: str, suite: str) -> None:
        self.suite = suite
        self._folder = folder / suite
        self._sources = self._folder / "sources.list"
        (self._folder / "lists" / "partial").mkdir(parents=True, exist_ok=True)
        (self._folder / "cache" / "archives" / "partial").mkdir(parents=True, exist_ok=True)
        (self._folder / "status").touch()
        keyring = next((f"[signed-by={name}] " for name in KEYRINGS if Path(name).exists()), "")
        self._sources.write_text(f"deb {keyring}{mirror} {suite} main\n")

    def _run(self, command: Sequence[str], cwd: Path | None = None) -> str:
        options = {
            "Dir::State": self._folder,
            "Dir::State::Lists": self._folder / "lists",
            "Dir::State::status": self._folder / "status",
            "Dir::Cache": self._folder / "cache",
            "Dir::Etc::SourceList": self._sources,
            "Dir::Etc::SourceParts": "-",
            "APT::Get::List-Cleanup": "0",
        }
        return run_command([command[0], *(f"-o{key}={value}" for key, value in options.items()), *command[1:]], cwd)

    def update(self) -> None:
        """Download the list of packages. Raises AptError if the mirror lacks this release."""
        self._run(["apt-get", "update", "--error-on=any"])

    def version(self, package: str) -> str | None:
        """Return the version of a package in the archive, None if it has no such package."""
        match = re.search(r"Candidate: (\S+)", self._run(["apt-cache", "policy", package]))
        return match[1] if match and match[1] != "(none)" else None

    def offered(self, packages: Iterable[str]) -> list[str]:
        """Return those packages that the archive has. Virtual packages are left out."""
        text = self._run(["apt-cache", "policy", *packages])
        return re.findall(r"^(\S+):\n  Installed: .*\n  Candidate: (?!\(none\))", text, flags=re.MULTILINE)

    def dependencies(self, package: str) -> list[str]:
        """Return the names of a package and of everything that it depends on, directly or indirectly."""
        kinds = ("recommends", "suggests", "conflicts", "breaks", "replaces", "enhances")
        text = self._run(["apt-cache", "depends", "--recurse", *(f"--no-{kind}" for kind in kinds), package])
        return sorted({line.strip() for line in text.splitlines() if re.match(r"[a-z0-9]", line)})

    def download(self, packages: Iterable[str], into: Path) -> list[Path]:
        """Download packages and return their .deb files. apt checks each against the archive's signed hashes."""
        into.mkdir(parents=True, exist_ok=True)
        self._run(["apt-get", "download", *packages], cwd=into)
        return sorted(into.glob("*.deb"))


def find_archives(folder: Path, suites: Sequence[str]) -> Iterable[Archive]:
    """Yield those of the releases `suites` that this machine's Debian mirrors have, in this order.

    Raises AptError if apt has no mirror of Debian, or none can be reached.
    """
    configured = find_mirrors(folder)
    if not configured:
        raise AptError("apt has no mirror of Debian on this machine", "Add one to /etc/apt/sources.list.")
    found, problem = False, ""
    for suite in suites:
        for mirror in configured:
            archive = Archive(folder, mirror, suite)
            try:
                archive.update()
            except AptError as error:
                problem = str(error)
                continue
            found = True
            yield archive
    if not found:
        raise AptError(
            f"no mirror of Debian answered: {problem}",
            "Check the network and /etc/apt/sources.list, then run the command again.",
        )


def find_mirrors(folder: Path) -> list[str]:
    """Return the URLs of the Debian archives in the machine's apt configuration."""
    lists = folder / "probe"
    (lists / "partial").mkdir(parents=True, exist_ok=True)
    text = run_command(["apt-get", f"-oDir::State={lists}", f"-oDir::State::Lists={lists}", "--print-uris", "update"])
    return list(dict.fromkeys(parse_mirrors(text)))


def parse_mirrors(text: str) -> list[str]:
    """Return the URLs that may be Debian's main archive, from the output of `apt-get --print-uris update`.

    Only plain releases count: bookworm, but not bookworm-security. apt checks later, by the signature, whether an
    archive is Debian's.
    """
    return re.findall(r"^'(\S+?)/dists/(?:[a-z]+)/InRelease'", text, flags=re.MULTILINE)


def unpack(packages: Iterable[Path], into: Path) -> None:
    """Unpack .deb files into a folder, without installing or running anything."""
    for package in packages:
        run_command(["dpkg-deb", "--extract", str(package), str(into)])


def run_command(command: Sequence[str], cwd: Path | None = None) -> str:
    """Return what a command printed. Raises AptError with the end of its stderr if it fails."""
    try:
        done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    except FileNotFoundError:
        raise AptError(f"the command {command[0]} is not on this machine") from None
    if done.returncode:
        problem = "\n".join(done.stderr.strip().splitlines()[-5:])
        raise AptError(f"{Path(command[0]).name} failed with exit status {done.returncode}: {problem}")
    return done.stdout
