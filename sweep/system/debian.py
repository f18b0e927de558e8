"""Debian packages for an ordinary user: fetched and checked by apt with private lists, unpacked without installing."""

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
"""Processors for which Debian's packages are known to work here, and Debian's folder of their libraries."""


class AptError(SweepError):
    """apt is missing, or did not deliver; carries what apt said."""


def why_unsupported() -> str:
    """Why packages cannot be fetched on this machine; '' when they can."""
    missing = [tool for tool in ("apt-get", "apt-cache", "dpkg", "dpkg-deb") if shutil.which(tool) is None]
    if missing:
        return f"this machine has no {missing[0]}"
    if platform.machine() not in LIBRARY_TRIPLETS:
        return f"this machine's processor is {platform.machine()}"
    return ""


class Archive:
    """One release of Debian on the mirror that the machine's own configuration names.

    apt keeps its lists and state below `folder`; the system's are neither read nor changed.
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
        words = [command[0], *(f"-o{key}={value}" for key, value in options.items()), *command[1:]]
        return run_command(words, cwd)

    def update(self) -> None:
        """Fetch the list of packages. Raises AptError when the mirror lacks this release."""
        self._run(["apt-get", "update", "--error-on=any"])

    def version(self, package: str) -> str | None:
        """Version that the archive offers of a package; None when it has none."""
        match = re.search(r"Candidate: (\S+)", self._run(["apt-cache", "policy", package]))
        return match[1] if match and match[1] != "(none)" else None

    def offered(self, packages: Iterable[str]) -> list[str]:
        """Those of the packages that the archive has, and are not mere names for others."""
        text = self._run(["apt-cache", "policy", *packages])
        return re.findall(r"^(\S+):\n  Installed: .*\n  Candidate: (?!\(none\))", text, flags=re.MULTILINE)

    def dependencies(self, package: str) -> list[str]:
        """The package and all that it depends on, directly or not, by name."""
        kinds = ("recommends", "suggests", "conflicts", "breaks", "replaces", "enhances")
        text = self._run(["apt-cache", "depends", "--recurse", *(f"--no-{kind}" for kind in kinds), package])
        return sorted({line.strip() for line in text.splitlines() if re.match(r"[a-z0-9]", line)})

    def download(self, packages: Iterable[str], into: Path) -> list[Path]:
        """Fetch packages as .deb files, each checked by apt against the archive's signed hashes."""
        into.mkdir(parents=True, exist_ok=True)
        self._run(["apt-get", "download", *packages], cwd=into)
        return sorted(into.glob("*.deb"))


def archives(folder: Path, suites: Sequence[str]) -> Iterable[Archive]:
    """Those of the wanted releases that this machine's mirrors have, the first wanted first.

    Raises AptError when no mirror of Debian is configured, or none can be reached.
    """
    configured = mirrors(folder)
    if not configured:
        raise AptError("apt on this machine knows no mirror of Debian", "Add one to /etc/apt/sources.list.")
    found, said = False, ""
    for suite in suites:
        for mirror in configured:
            archive = Archive(folder, mirror, suite)
            try:
                archive.update()
            except AptError as error:
                said = str(error)
                continue
            found = True
            yield archive
    if not found:
        raise AptError(f"no mirror of Debian answered: {said}", "Check the network and /etc/apt, then type it again.")


def mirrors(folder: Path) -> list[str]:
    """Addresses of the Debian archives in the machine's own apt configuration."""
    lists = folder / "probe"
    (lists / "partial").mkdir(parents=True, exist_ok=True)
    text = run_command(["apt-get", f"-oDir::State={lists}", f"-oDir::State::Lists={lists}", "--print-uris", "update"])
    return list(dict.fromkeys(parse_mirrors(text)))


def parse_mirrors(text: str) -> list[str]:
    """Addresses that may be Debian's main archive, in what `apt-get --print-uris update` prints.

    Only plain releases count (bookworm, not bookworm-security). Whether an archive is Debian's, apt tells by its
    signature.
    """
    return re.findall(r"^'(\S+?)/dists/(?:[a-z]+)/InRelease'", text, flags=re.MULTILINE)


def unpack(packages: Iterable[Path], into: Path) -> None:
    """Unpack .deb files below a folder; nothing is installed or run."""
    for package in packages:
        run_command(["dpkg-deb", "--extract", str(package), str(into)])


def run_command(words: Sequence[str], cwd: Path | None = None) -> str:
    """Run a command and give back what it printed. Raises AptError with its last words when it fails."""
    try:
        done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    except FileNotFoundError:
        raise AptError(f"{words[0]}: no such command on this machine") from None
    if done.returncode:
        said = "\n".join(done.stderr.strip().splitlines()[-5:])
        raise AptError(f"{Path(words[0]).name} failed with exit status {done.returncode}: {said}")
    return done.stdout
