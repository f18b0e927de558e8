"""Room for checkpoints, by the disk and by quotas as the command writes them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sweep.doctor.disk_space import FreeSpace, free_space, judge_space, mounted_device, quota_left
from sweep.doctor.finding import Level

QUOTA = """\
Disk quotas for user ada (uid 1000):
     Filesystem  blocks   quota   limit   grace   files   quota   limit   grace
      /dev/sda1    1000       0       0       0      12       0       0       0
server:/export/home 41943040 52428800 62914560       0   81234       0       0       0
      /dev/sdb1 9000000* 8000000 9500000  1763990   77000   50000   60000       0
      /dev/sdc1 9900000* 8000000 9500000  1763990   77000   50000   60000       0
"""


@pytest.mark.parametrize(
    ("device", "left"),
    [
        ("server:/export/home", 10 * 2**30),
        ("/dev/sda1", None),
        ("/dev/sdb1", 0),
        ("/dev/sdc1", 0),
        ("/dev/sdz1", None),
    ],
)
def test_what_is_left_of_a_quota(device: str, left: int | None) -> None:
    assert quota_left(QUOTA, device) == left
    assert quota_left("", device) is None
    assert quota_left("Disk quotas for user ada (uid 1000): none\n", device) is None


MOUNTINFO = (
    "22 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw\n80 22 0:45 /home /home rw - nfs4 server:/home rw\n"
)


def test_the_device_of_a_folder(tmp_path: Path) -> None:
    table = tmp_path / "mountinfo"
    table.write_text(MOUNTINFO)
    assert mounted_device(os.makedev(0, 45), table) == "server:/home"
    assert mounted_device(os.makedev(9, 9), table) == ""
    assert mounted_device(os.makedev(0, 45), tmp_path / "none") == ""
    assert free_space(tmp_path).size > 0


@pytest.mark.parametrize(("gigabytes", "level"), [(100, Level.OK), (30, Level.WARNING), (10, Level.ERROR)])
def test_checkpoints_against_room(gigabytes: int, level: Level) -> None:
    found = judge_space(FreeSpace(gigabytes * 2**30, "of your quota"), 100 * 2**20, 80, "as in `sweep try`")
    assert found.level == level
    assert "80 more trials need 15.6 GB (two checkpoints of 100 MB for each trial, as in `sweep try`)" in found.text
