"""What the scripts of DAG nodes share: a time limit, and how they ask DAGMan to run them again later."""

from __future__ import annotations

import contextlib
import signal
import site
import sys

from sweep.paths import StudyPaths
from sweep.system.files import write_text
from sweep.workflow.exit_codes import DEFER

LIMIT_SECONDS = 3600
"""Time limit of a script. DAGMan has none, so a script that hangs would block its node for ever."""


def limit_time() -> None:
    """Make this script raise TimeoutError, which is an OSError, when its time is over. DAGMan then runs it again."""

    def raise_timeout(*_: object) -> None:
        raise TimeoutError(f"timed out after {LIMIT_SECONDS} s")

    signal.signal(signal.SIGALRM, raise_timeout)
    signal.alarm(LIMIT_SECONDS)


def defer(paths: StudyPaths, who: str, error: Exception) -> int:
    """Report what keeps a script from its work; return the status with which DAGMan runs the script again later."""
    message = f"{who}: {error}"
    print(message, file=sys.stderr)
    # The disk may be full, and that may be the error.
    with contextlib.suppress(OSError):
        write_text(paths.waiting, f"{message}. {getattr(error, 'advice', '')}\n")
    return DEFER


def add_site_packages() -> None:
    """Add the site-packages to sys.path, if Python was started with -S, which saves time."""
    if sys.flags.no_site:
        site.main()
