"""Finds the type of the file system that a folder is on."""

from __future__ import annotations

import re
from pathlib import Path

NETWORK = {"nfs", "nfs4", "cifs", "smb3", "afs", "9p", "fuse.sshfs"}
"""Linux's names of network file systems, on which SQLite's locks may not work (sqlite.org/faq.html, question 5)."""


def network_filesystem(folder: Path) -> str:
    """Return the type of the network file system that a folder is on, '' if it is local or unknown."""
    table = Path("/proc/self/mountinfo")
    kind = filesystem_type(folder.resolve(), table.read_text(errors="replace")) if table.exists() else ""
    return kind if kind in NETWORK else ""


def filesystem_type(folder: Path, mountinfo: str) -> str:
    """Return the type of an absolute folder's file system, from the text of /proc/self/mountinfo (proc(5))."""
    found, depth = "", -1
    for line in mountinfo.splitlines():
        mount, _, source = line.partition(" - ")
        point = Path(re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), mount.split(" ")[4]))
        # Of two mounts at the same path, the later hides the earlier.
        if folder.is_relative_to(point) and len(point.parts) >= depth:
            found, depth = source.split(" ")[0], len(point.parts)
    return found
