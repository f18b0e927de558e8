"""Limits the processor time of a computation on data that nobody checked. Standard library only."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator


class TooSlowError(Exception):
    """A computation took more processor time than it may."""


@contextlib.contextmanager
def cpu_limit(seconds: float) -> Iterator[None]:
    """Raise TooSlowError in the block after so much processor time of this process; also inside a regular expression.

    Only the main thread can be stopped this way. Elsewhere there is no limit. Do not nest two limits.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: object) -> None:
        raise TooSlowError(f"took more than {seconds:g} s of processor time")

    previous = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, previous)
