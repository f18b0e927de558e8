"""The command that the workflow's scripts call: `python -m sweep.node propose|serve|keep STUDY …`.

The scripts of running sweeps call it, so later versions must keep its name and its arguments.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path


def main(action: str, arguments: list[str]) -> None:
    """Run an action of a workflow script with its other `arguments`. Exits with the script's status."""
    match action:
        case "propose":
            from sweep.nodes.propose import main as run
        case "serve":
            from sweep.nodes.post_server import main as run
        case "keep":
            from sweep.nodes.rescue_checkpoint import main as run
        case _:
            sys.exit(f"sweep.node: unknown action {action!r}; use propose, serve or keep")
    use_modes_of(Path(arguments[0]))
    run(arguments)


def use_modes_of(study: Path) -> None:
    """Set the umask to the one that the user had when the study's folder was made; DAGMan has HTCondor's own umask."""
    with contextlib.suppress(OSError):  # without a folder the action itself says what is wrong
        os.umask(~study.stat().st_mode & 0o777)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
