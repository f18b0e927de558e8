"""Exit codes of the PRE and POST scripts, as the DAG files read them."""

from __future__ import annotations

DONE, CRASHED, STOP, SKIP, DEFER, TRY_AGAIN = 0, 1, 66, 67, 69, 75
"""Exit statuses of PRE and POST scripts as the DAGs read them: RETRY UNLESS-EXIT, ABORT-DAG-ON, PRE_SKIP, SCRIPT
DEFER."""
