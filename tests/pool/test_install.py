"""HTCondor in the user's cache."""

from __future__ import annotations

from sweep.pool.install import LIBRARY


def test_only_libraries_are_taken_beside_htcondor() -> None:
    names = "libc6 libssl3t64 libstdc++6 python3 perl libdate-manip-perl libjs-jquery libpython3.14-minimal systemd"
    assert [name for name in names.split() if LIBRARY.fullmatch(name)] == ["libc6", "libssl3t64", "libstdc++6"]
