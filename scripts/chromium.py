"""Gets a headless Chromium for tests of the page and for pictures of it; nothing is installed on the system.

    python scripts/chromium.py

fetches Debian's package (some 150 MB) into the user's cache, unless there is one, and says where it is.
"""

from __future__ import annotations

import platform
import re
import shutil
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sweep.system import debian
from sweep.system.files import locked
from sweep.system.directories import cache_directory

NAMES = ("chromium", "chromium-browser", "google-chrome", "chromium-headless-shell")

LIBRARY = re.compile(
    r"lib(?!c6$|adwaita|gconf|gnome|gtk|kf5|kwallet|llvm|perl|pipewire|polkit|qt5|rsvg|spa-|z3)(?!.*-(perl|data|common)$).*"
)
"""Names of those dependencies that Chromium needs where there is no screen; the C library is the machine's."""


def tree() -> Path:
    """Where it is unpacked."""
    return cache_directory() / "chromium" / "tree"


def find() -> Path | None:
    """The program: one on PATH, else the one in the cache."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    ours = tree() / "usr" / "lib" / "chromium" / "chromium"
    return Path(found) if found else ours if ours.exists() else None


def libraries(program: Path) -> dict[str, str]:
    """What the environment of the program must have, where it is the one in the cache."""
    if tree() not in program.parents:
        return {}
    triplet = debian.LIBRARY_TRIPLETS[platform.machine()]
    usr = tree() / "usr" / "lib" / triplet
    return {"LD_LIBRARY_PATH": ":".join(map(str, (usr, tree() / "lib" / triplet, usr / "pulseaudio", usr / "nss")))}


def fetch() -> Path:
    """The program, fetched where there is none. Raises AptError where it cannot be had."""
    with locked(tree().with_name("fetch.lock"), wait=True):
        if found := find():
            return found
        if reason := debian.why_unsupported():
            raise debian.AptError(f"Chromium cannot be fetched here: {reason}")
        release = re.search(r"^VERSION_CODENAME=(\w+)$", Path("/etc/os-release").read_text(), re.MULTILINE)
        # This machine's own release, whose programs run with its C library.
        archive = next(iter(debian.find_archives(tree().with_name("apt"), [release[1] if release else "stable"])))
        names = [name for name in archive.dependencies("chromium") if LIBRARY.fullmatch(name)]
        with tempfile.TemporaryDirectory(dir=tree().parent, prefix="download-") as name:
            folder = Path(name)
            debian.unpack(archive.download(["chromium", "chromium-common", *names], folder / "deb"), folder / "tree")
            (folder / "tree").rename(tree())
        return tree() / "usr" / "lib" / "chromium" / "chromium"


if __name__ == "__main__":
    try:
        print(fetch())
    except debian.AptError as error:
        sys.exit(f"no Chromium: {error}")
