"""`python3 bootstrap_pip.py VENV`: puts pip into a virtual environment that was made without it.

Debian keeps the pip that `python3 -m venv` needs in a package of its own, which a bare machine lacks. It is taken from
the machine's mirror, as HTCondor is, without root.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sweep.system import debian
from sweep.errors import SweepError


def main() -> None:
    python = Path(sys.argv[1]).absolute() / "bin" / "python"
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        for archive in debian.find_archives(work / "apt", ("stable",)):
            debian.unpack(archive.download(["python3-pip-whl"], work / "deb"), work / "tree")
            wheel = next((work / "tree").rglob("pip-*.whl"))
            debian.run_command([str(python), str(wheel / "pip"), "install", "--quiet", "--no-index", str(wheel)])
            return


if __name__ == "__main__":
    try:
        main()
    except SweepError as error:
        sys.exit(f"this Python has no pip for virtual environments ({error}): apt-get install python3-venv")
