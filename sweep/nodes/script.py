"""What the scripts of DAG nodes share: a time limit, and an end for every error, with its reason in a file."""

from __future__ import annotations

import contextlib
import signal
import site
import sys
import traceback
from collections.abc import Callable

from sweep.errors import StorageError, SweepError
from sweep.paths import StudyPaths
from sweep.system.files import write_text
from sweep.workflow.exit_codes import DEFER, DONE, PRE_FAILED

LIMIT_SECONDS = 3600
"""Time limit of a script. DAGMan has none, so a script that hangs would block its node for ever."""


PASSES: tuple[type[Exception], ...] = (StorageError, OSError, ImportError, MemoryError)
"""Errors of the machine, which pass: a busy storage, a full disk, a folder of packages that is away, no memory."""


def run_pre_script(paths: StudyPaths, who: str, work: Callable[[], int]) -> int:
    """Return the exit status of a PRE script: what `work` returns, else DEFER or, with dag/stopped.txt, PRE_FAILED.

    An error that does not pass ends the sweep: running the script again would not help.
    """
    limit_time()
    try:
        return work()
    except PASSES as error:
        return defer(paths, who, error)
    except Exception as error:
        return _end_sweep(paths, f"{who}: {describe(error)}", getattr(error, "advice", "See dag/propose.log."))


def run_server(paths: StudyPaths, work: Callable[[], None]) -> int:
    """Return the exit status of the process that answers POST scripts: DONE after its `work`, DEFER if that raises.

    Whatever it raises, the trials that wait for an answer have ended, and no error here may cost their training.
    """
    limit_time()
    try:
        work()
    except Exception as error:
        return defer(paths, "harvest", error)
    return DONE


def limit_time() -> None:
    """Make this script raise TimeoutError, which is an OSError, when its time is over. DAGMan then runs it again."""

    def raise_timeout(*_: object) -> None:
        raise TimeoutError(f"timed out after {LIMIT_SECONDS} s")

    signal.signal(signal.SIGALRM, raise_timeout)
    signal.alarm(LIMIT_SECONDS)


def describe(error: Exception) -> str:
    """Return an error in one line. Of one that nobody foresaw, print the traceback, and return also the type."""
    if isinstance(error, SweepError | OSError) and str(error):
        return str(error)
    traceback.print_exception(error)
    text = " ".join(str(error).split())
    return f"{type(error).__name__}{': ' if text else ''}{text}"


def defer(paths: StudyPaths, who: str, error: Exception) -> int:
    """Report what keeps a script from its work; return the status with which DAGMan runs the script again later."""
    message = f"{who}: {describe(error)}"
    print(message, file=sys.stderr)
    # The disk may be full, and that may be the error.
    with contextlib.suppress(OSError):
        write_text(paths.waiting, f"{message}. {getattr(error, 'advice', '')}\n")
    return DEFER


def _end_sweep(paths: StudyPaths, message: str, advice: str) -> int:
    """Report why the sweep ends early; return the status with which the generation fails."""
    print(message, file=sys.stderr)
    # `sweep stop` may have written its own reason.
    if not paths.stopped.exists():
        with contextlib.suppress(OSError):
            write_text(paths.stopped, f"{message}. {advice}".strip() + "\n")
    return PRE_FAILED


def add_site_packages() -> None:
    """Add the site-packages to sys.path, if Python was started with -S, which saves time."""
    if sys.flags.no_site:
        site.main()
