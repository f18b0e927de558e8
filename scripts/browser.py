"""Controls a headless Chromium by the DevTools protocol, over a pipe: for tests of the page and for pictures of it."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from scripts.chromium import library_environment

FLAGS = (
    "--headless=new",
    "--no-sandbox",  # root has no sandbox; the browser opens only our own page
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)

EXIT_TIMEOUT_SECONDS = 30


class Browser:
    """A Chromium process that ends with the `with` block."""

    def __init__(self, program: Path) -> None:
        self._program, self._number, self._rest = program, 0, b""
        self.events: list[dict[str, Any]] = []
        """The events that the browser has sent for the current page."""

    def __enter__(self) -> Self:
        self._folder = tempfile.TemporaryDirectory(prefix="chromium-", ignore_cleanup_errors=True)
        theirs_in, self._to = os.pipe()
        self._from, theirs_out = os.pipe()
        environment = {"PATH": os.environ["PATH"], "HOME": self._folder.name, "LANG": "C.UTF-8"} | library_environment(
            self._program
        )
        # Chromium reads from descriptor 3 and writes to 4. Some shells cannot copy descriptors above 9; all open files.
        script = f'exec "$@" 3</dev/fd/{theirs_in} 4>/dev/fd/{theirs_out}'
        words = [str(self._program), *FLAGS, f"--user-data-dir={self._folder.name}/profile"]
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
        # Browser.close ends all processes of the browser; a kill would leave some that still write files.
        self._session = ""
        with contextlib.suppress(RuntimeError, OSError):
            self.ask("Browser.close")
        try:
            self._process.wait(EXIT_TIMEOUT_SECONDS)
        finally:
            self._process.kill()
        os.close(self._to)
        os.close(self._from)
        self._folder.cleanup()

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        """Send a command of the protocol and return its result. Raises RuntimeError if the browser refuses it."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        message |= {"sessionId": self._session} if self._session else {}
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while True:
            reply = self._read()
            if reply.get("id") == self._number:
                if "error" in reply:
                    raise RuntimeError(f"{method}: {reply['error']['message']}")
                result: dict[str, Any] = reply["result"]
                return result

    def _read(self) -> dict[str, Any]:
        """Return the next message; keep it if it is an event. Raises RuntimeError if the browser has ended."""
        while b"\0" not in self._rest:
            block = os.read(self._from, 1 << 20)
            if not block:
                raise RuntimeError(f"{self._program} has ended")
            self._rest += block
        text, _, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        if "method" in message:
            self.events.append(message)
        return message

    def open(self, page: Path, width: int, *, dark: bool) -> None:
        """Load a page on a screen of `width` pixels, and wait for it; forget earlier events."""
        scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.ask("Emulation.setEmulatedMedia", features=scheme)
        self.ask("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=2, mobile=width < 600)
        self.events.clear()
        self.ask("Page.navigate", url=page.resolve().as_uri())
        while not any(event["method"] == "Page.loadEventFired" for event in self.events):
            self._read()

    def run(self, expression: str) -> Any:
        """Return the value of a JavaScript expression in the page. Raises RuntimeError if it throws."""
        reply = self.ask("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in reply:
            raise RuntimeError(str(reply["exceptionDetails"]))
        return reply["result"].get("value")

    def picture(self, top: int = 0, height: int | None = None, scale: float = 1.0) -> bytes:
        """Return the page as PNG, from `top` on, `height` pixels high or to its end."""
        size = self.ask("Page.getLayoutMetrics")["cssContentSize"]
        height = height or size["height"] - top
        clip = {"x": 0, "y": top, "width": size["width"], "height": height, "scale": scale}
        return base64.b64decode(self.ask("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)["data"])
