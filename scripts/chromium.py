"""A headless Chromium for tests of the page and for pictures of it; nothing is installed on the system.

    python scripts/chromium.py

fetches Debian's package into the user's cache, from the release that this machine runs, and says where it is. The
class `Browser` speaks to it by the DevTools protocol, over a pipe.
"""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sweep import apt
from sweep.pool.places import cache

NAMES = ("chromium", "chromium-browser", "google-chrome", "chromium-headless-shell")

LIBRARY = re.compile(
    r"lib(?!kf5|kwallet|qt5|gtk|gconf|gnome|perl|polkit|pipewire|llvm|gl1-mesa|spa-|icu)(?!.*-perl$).*"
)
"""Names of those dependencies that Chromium without a screen may be linked with."""

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)


def home() -> Path:
    """Where it is unpacked."""
    return cache() / "chromium"


def find() -> list[str]:
    """The command that starts it: one on PATH, else the cache's; empty where there is none."""
    for name in NAMES:
        if found := shutil.which(name):
            return [found]
    program = home() / "tree" / "usr" / "lib" / "chromium" / "chromium"
    return [str(program)] if program.exists() else []


def fetch() -> None:
    """Fetch it unless it is there. Raises AptError where it cannot be had."""
    if find():
        return
    if reason := apt.unsupported():
        raise apt.AptError(f"Chromium cannot be fetched here: {reason}")
    match = re.search(r"^VERSION_CODENAME=(\w+)$", Path("/etc/os-release").read_text(), re.MULTILINE)
    # Its own release, so that it runs with this machine's C library.
    for archive in apt.archives(home() / "apt", [match[1] if match else "stable"]):
        names = ["chromium", *(name for name in archive.dependencies("chromium") if LIBRARY.fullmatch(name))]
        with tempfile.TemporaryDirectory(dir=home(), prefix="download-") as folder:
            apt.unpack(archive.download([*names, "chromium-common"], Path(folder) / "deb"), Path(folder) / "tree")
            (Path(folder) / "tree").rename(home() / "tree")
        return


class Browser:
    """A Chromium of our own; ends with the `with` block."""

    def __init__(self, command: list[str]) -> None:
        self._command, self._number, self._rest = command, 0, b""
        self.events: list[dict[str, Any]] = []
        """What it has told by itself so far."""

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="chromium-")
        theirs_in, self._to = os.pipe()
        self._from, theirs_out = os.pipe()
        tree = home() / "tree" / "usr" / "lib"
        libraries = [str(path) for path in tree.glob("*-linux-gnu")]
        folders = [*libraries, *(f"{path}/{name}" for path in libraries for name in ("pulseaudio", "nss"))]
        environment = {"PATH": os.environ["PATH"], "HOME": self._folder.name, "LANG": "C.UTF-8"}
        if self._command[0].startswith(str(tree)):
            environment["LD_LIBRARY_PATH"] = ":".join(
                [*folders, str(tree.parent.parent / "lib" / folders[0].rpartition("/")[2])]
            )
        # The protocol has it read from 3 and write to 4.
        script = f'exec "$@" 3<&{theirs_in} 4>&{theirs_out}'
        words = [*self._command, *FLAGS, f"--user-data-dir={self._folder.name}/profile"]
        self._process = subprocess.Popen(
            ["sh", "-c", script, "sh", *words],
            env=environment,
            pass_fds=(theirs_in, theirs_out),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._session = ""
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.ask(f"{domain}.enable")
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._process.kill()
        self._process.wait()
        os.close(self._to)
        os.close(self._from)
        self._folder.cleanup()

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """A command of the protocol, and its answer."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        message |= {"sessionId": self._session} if self._session else {}
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            said = self._read()
            if said.get("id") == self._number:
                if "error" in said:
                    raise RuntimeError(f"{method}: {said['error']['message']}")
                result: dict[str, Any] = said["result"]
                return result

    def _read(self) -> dict[str, Any]:
        """The next message; events are kept."""
        while b"\0" not in self._rest:
            block = os.read(self._from, 1 << 20)
            if not block:
                raise RuntimeError(f"{self._command[0]} has ended")
            self._rest += block
        message, _, self._rest = self._rest.partition(b"\0")
        said: dict[str, Any] = json.loads(message)
        if "method" in said:
            self.events.append(said)
        return said

    def open(self, page: Path, width: int, *, dark: bool) -> None:
        """Load a page as a screen of this width shows it; the events are then this page's."""
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.ask("Emulation.setEmulatedMedia", features=scheme)
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=2, mobile=width < 600)
        self.events.clear()
        self.ask("Page.navigate", url=page.resolve().as_uri())
        while not any(event["method"] == "Page.loadEventFired" for event in self.events):
            self._read()

    def run(self, expression: str) -> Any:
        """The value of an expression of JavaScript in the page."""
        found = self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in found:
            raise RuntimeError(str(found["exceptionDetails"]))
        return found["result"].get("value")

    def picture(self, height: int | None = None, scale: float = 1.0) -> bytes:
        """A PNG of the page, of its top where a height is given."""
        size = self.ask("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": height or size["height"], "scale": scale}
        found = self.ask("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
        return base64.b64decode(found["data"])


if __name__ == "__main__":
    fetch()
    print(" ".join(find()))
