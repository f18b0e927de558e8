"""Debian's archives."""

from __future__ import annotations

from sweep.system.debian import parse_mirrors


def test_mirrors_come_from_the_machine_s_own_configuration() -> None:
    text = (
        "'http://mirror.example/debian/dists/bookworm/InRelease' x 0 \n"
        "'http://mirror.example/debian/dists/bookworm-updates/InRelease' x 0 \n"
        "'http://mirror.example/debian-security/dists/bookworm-security/InRelease' x 0 \n"
        "'http://mirror.example/debian/dists/bookworm/main/binary-amd64/Packages.xz' x 0 \n"
    )
    assert parse_mirrors(text) == ["http://mirror.example/debian"]
