"""What the scripts of a DAG's nodes share: a limit on their time, and how they put off what cannot be done now."""

from __future__ import annotations

import contextlib
import signal
import site
import sys

from sweep.paths import StudyPaths
from sweep.system.files import write_text
from sweep.workflow.exit_codes import DEFER

SECONDS = 3600
"""How long a script may take: DAGMan has no limit, and one that hangs would hold its node, and others, up for ever."""


def limit_time() -> None:
    """Have this script raise TimeoutError, an OSError, when its time is over: it is then run again."""

    def over(*_: object) -> None:
        raise TimeoutError(f"it took longer than {SECONDS} s")

    signal.signal(signal.SIGALRM, over)
    signal.alarm(SECONDS)


def defer(paths: StudyPaths, who: str, error: Exception) -> int:
    """Note what keeps a script from its work; DAGMan runs it again in a while."""
    said = f"{who}: {error}"
    print(said, file=sys.stderr)
    with contextlib.suppress(OSError):
        write_text(paths.waiting, f"{said}. {getattr(error, 'advice', '')}\n")
    return DEFER


def add_site_packages() -> None:
    """Have site-packages, where Python was started without."""
    if sys.flags.no_site:
        site.main()
