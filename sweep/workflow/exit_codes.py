"""Exit codes of the PRE and POST scripts.

The DAG files name them in RETRY UNLESS-EXIT, ABORT-DAG-ON, PRE_SKIP and SCRIPT DEFER.
"""

from __future__ import annotations

DONE = 0
CRASHED = 1
"""The node fails, and DAGMan does not run it again."""
STOP = 66
"""DAGMan stops the whole DAG."""
SKIP = 67
"""DAGMan skips the node, which counts as successful."""
DEFER = 69
"""DAGMan runs the script again later."""
PRE_FAILED = 70
"""Of `sweep.node propose`; its script makes CRASHED of it. A Python that cannot import sweep ends with 1, too, and then
DAGMan must run the script again later."""
TRY_AGAIN = 75
"""DAGMan runs the node again: its next job."""
