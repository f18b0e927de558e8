"""The command that the workflow's scripts call: `python -m sweep.node propose|serve|keep STUDY …`.

The scripts of running sweeps call it, so later versions must keep its name and its arguments.
"""

from __future__ import annotations

import sys


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
    run(arguments)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
