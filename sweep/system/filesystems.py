"""Which file system a folder lies on, for what cannot lie on every one."""

from __future__ import annotations

import re
from pathlib import Path

NETWORK = {"nfs", "nfs4", "cifs", "smb3", "afs", "9p", "fuse.sshfs"}
"""File systems on which SQLite warns that locks may not work (sqlite.org/faq.html, question 5), as Linux names them."""


def network_filesystem(folder: Path) -> str:
    """Kind of the network file system that a folder lies on, '' where it is none, or cannot be told."""
    table = Path("/proc/self/mountinfo")
    kind = filesystem_type(folder.resolve(), table.read_text(errors="replace")) if table.exists() else ""
    return kind if kind in NETWORK else ""


def filesystem_type(folder: Path, mountinfo: str) -> str:
    """Kind of the file system of an absolute folder, by the table of mounts that proc(5) describes."""
    found, depth = "", -1
    for line in mountinfo.splitlines():
        mount, _, source = line.partition(" - ")
        point = Path(re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), mount.split(" ")[4]))
        # Of two mounts at one place the later hides the other.
        if folder.is_relative_to(point) and len(point.parts) >= depth:
            found, depth = source.split(" ")[0], len(point.parts)
    return found
