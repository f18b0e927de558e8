"""Downloads a headless Chromium for tests of the page and for pictures of it; installs nothing on the system.

    python scripts/chromium.py

downloads Debian's package (about 150 MB) into the user's cache, unless there is a Chromium, and prints its path.
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
"""Names of the dependencies that a headless Chromium needs, without the C library, which the machine has."""


def chromium_folder() -> Path:
    """Return the folder in which Chromium is unpacked."""
    return cache_directory() / "chromium" / "tree"


def find_chromium() -> Path | None:
    """Return the Chromium on PATH, else the one in the cache; None if there is neither."""
    on_path = next((path for name in NAMES if (path := shutil.which(name))), None)
    cached = chromium_folder() / "usr" / "lib" / "chromium" / "chromium"
    return Path(on_path) if on_path else cached if cached.exists() else None


def library_environment(program: Path) -> dict[str, str]:
    """Return the environment variables that a Chromium in the cache needs; {} for any other."""
    if chromium_folder() not in program.parents:
        return {}
    triplet = debian.LIBRARY_TRIPLETS[platform.machine()]
    usr = chromium_folder() / "usr" / "lib" / triplet
    return {
        "LD_LIBRARY_PATH": ":".join(
            map(str, (usr, chromium_folder() / "lib" / triplet, usr / "pulseaudio", usr / "nss"))
        )
    }


def fetch_chromium() -> Path:
    """Return the path of Chromium; download it if there is none. Raises AptError if it cannot be downloaded."""
    with locked(chromium_folder().with_name("fetch.lock"), wait=True):
        if found := find_chromium():
            return found
        if reason := debian.why_unsupported():
            raise debian.AptError(f"this machine cannot download Chromium: {reason}")
        release = re.search(r"^VERSION_CODENAME=(\w+)$", Path("/etc/os-release").read_text(), re.MULTILINE)
        # Programs of this machine's own release run with its C library.
        archive = next(
            iter(debian.find_archives(chromium_folder().with_name("apt"), [release[1] if release else "stable"]))
        )
        names = [name for name in archive.dependencies("chromium") if LIBRARY.fullmatch(name)]
        with tempfile.TemporaryDirectory(dir=chromium_folder().parent, prefix="download-") as name:
            folder = Path(name)
            debian.unpack(archive.download(["chromium", "chromium-common", *names], folder / "deb"), folder / "tree")
            (folder / "tree").rename(chromium_folder())
        return chromium_folder() / "usr" / "lib" / "chromium" / "chromium"


if __name__ == "__main__":
    try:
        print(fetch_chromium())
    except debian.AptError as error:
        sys.exit(f"cannot install Chromium: {error}\nInstall it yourself, so that `chromium` is on PATH.")
