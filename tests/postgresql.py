"""A real PostgreSQL for the tests: the machine's own, or Debian's package unpacked beside HTCondor, on loopback."""

from __future__ import annotations

import os
import platform
import re
import shutil
import socket
import subprocess
import time
from pathlib import Path

from sweep.pool import personal
from sweep.system import debian
from sweep.system.directories import cache_directory
from sweep.system.files import locked

PASSWORD = "not-in-any-file-of-a-study"  # noqa: S105 - of a server that lives as long as the tests
START_SECONDS = 60


def programs() -> Path:
    """Folder of initdb and postgres."""
    there = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    return there[-1].parent if there else fetched(cache_directory() / "postgresql")


def fetched(home: Path) -> Path:
    """The same, from the package of this Debian's own release; nothing is installed."""
    with locked(home / "install.lock", wait=True):
        mark = home / "complete"
        if not mark.exists():
            shutil.rmtree(home / "prefix", ignore_errors=True)
            (archive,) = debian.find_archives(home / "apt", [platform.freedesktop_os_release()["VERSION_CODENAME"]])
            server = next(name for name in archive.dependencies("postgresql") if re.fullmatch(r"postgresql-\d+", name))
            # The C library is the machine's; the others come along, since a bare machine has few of them.
            libraries = [name for name in archive.dependencies(server) if re.match(r"lib(?!c6|c-bin|js)", name)]
            debian.unpack(archive.download([server, *libraries], home / "debs"), home / "prefix")
            mark.touch()
    (postgres,) = (home / "prefix").glob("usr/lib/postgresql/*/bin/postgres")
    return postgres.parent


class Server:
    """A server of its own folder, which `stop` and `start` make go away and come back."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._programs = folder, programs()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.url = f"postgresql://sweep@127.0.0.1:{self.port}/postgres"
        (folder / "password").write_text(PASSWORD)
        words = ["initdb", "--no-sync", "--username=sweep", "--auth=scram-sha-256", f"--pwfile={folder / 'password'}"]
        self._popen([*words, f"--pgdata={folder / 'data'}", "--locale=C", "--encoding=UTF8"], "initdb.log").wait()
        self.start()

    def _popen(self, words: list[str], log: str) -> subprocess.Popen[bytes]:
        command = [str(self._programs / words[0]), *words[1:]]
        if os.getuid() == 0:  # PostgreSQL refuses to run as root
            command = [*personal.user_namespace(personal.pool_user()), *command]
        libraries = ":".join(str(folder) for folder in self._programs.parents[3].glob("lib/*-linux-gnu"))
        environment = os.environ | (
            {"LD_LIBRARY_PATH": libraries} if self._programs.is_relative_to(cache_directory()) else {}
        )
        with (self._folder / log).open("ab") as file:
            return subprocess.Popen(command, stdout=file, stderr=file, stdin=subprocess.DEVNULL, env=environment)

    def start(self) -> None:
        settings = ["listen_addresses=127.0.0.1", f"unix_socket_directories={self._folder}", "fsync=off"]
        words = ["postgres", "-D", str(self._folder / "data"), "-p", str(self.port)]
        self._server = self._popen([*words, *(f"-c{setting}" for setting in settings)], "server.log")
        deadline = time.monotonic() + START_SECONDS
        state = self._folder / "data" / "postmaster.pid"
        while not (state.exists() and "\nready" in state.read_text()):
            assert self._server.poll() is None, (self._folder / "server.log").read_text()
            assert time.monotonic() < deadline, (self._folder / "server.log").read_text()
            time.sleep(0.05)

    def stop(self) -> None:
        """The fast way: open connections are cut."""
        self._server.send_signal(2)
        self._server.wait()

    def let_in(self, home: Path) -> None:
        """Put the password where libpq looks for it in this home folder."""
        private = home / ".pgpass"
        private.touch(mode=0o600)
        private.write_text(f"127.0.0.1:{self.port}:*:sweep:{PASSWORD}\n")
