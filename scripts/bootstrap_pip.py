"""`python3 bootstrap_pip.py VENV`: installs pip into a virtual environment that was made without pip.

`python3 -m venv` needs a Debian package for pip that a bare machine lacks. This downloads that package from the
machine's mirror, without root, as sweep does for HTCondor.
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
        sys.exit(f"cannot install pip into the virtual environment: {error}\nRun: sudo apt-get install python3-venv")
