"""Where a storage may not lie."""

from __future__ import annotations

from pathlib import Path

import pytest

from sweep.control.initialise import initialise
from sweep.errors import ConfigError
from sweep.system import filesystems
from sweep.system.filesystems import filesystem_type, network_filesystem

MOUNTINFO = """\
22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
23 22 0:21 / /proc rw - proc proc rw
80 22 0:45 /home /home rw,relatime shared:9 master:2 - nfs4 server:/home rw,vers=4.2
81 80 8:1 / /home/scratch rw - xfs /dev/sdb1 rw
82 22 0:50 / /mnt/with\\040blank rw - cifs //server/share rw
83 22 0:51 / /twice rw - nfs server:/a rw
84 22 0:52 / /twice rw - tmpfs tmpfs rw
"""


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("/", "ext4"),
        ("/homestead/ada", "ext4"),
        ("/home", "nfs4"),
        ("/home/ada/runs", "nfs4"),
        ("/home/scratch/ada", "xfs"),
        ("/mnt/with blank/x", "cifs"),
        ("/twice/x", "tmpfs"),
    ],
)
def test_the_nearest_mount_tells(folder: str, kind: str) -> None:
    assert filesystem_type(Path(folder), MOUNTINFO) == kind


def test_this_machine_s_own_table_is_read() -> None:
    assert filesystem_type(Path("/proc"), Path("/proc/self/mountinfo").read_text()) == "proc"
    assert network_filesystem(Path("/proc")) == ""


def test_sqlite_is_refused_on_a_network_file_system_and_a_journal_is_not(
    study_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sweep.control.initialise.sweep_commit", lambda: None)
    monkeypatch.setattr(filesystems, "filesystem_type", lambda *_: "nfs4")
    with pytest.raises(ConfigError, match=r"\[study\] storage: .* can damage an SQLite .* \(nfs4\)") as caught:
        initialise(study_file, lambda _: None)
    assert 'storage = "journal"' in caught.value.advice
    assert not Path("runs").exists()
    study_file.write_text(study_file.read_text().replace("[study]", '[study]\nstorage = "journal"'))
    initialise(study_file, lambda _: None)
