"""The entry that the workflow's scripts call: `python -m sweep.node propose|serve|keep STUDY …`.

The scripts of a sweep that is running name it, so it keeps its name and its arguments in every later version.
"""

from __future__ import annotations

import sys


def main(action: str, words: list[str]) -> None:
    """Run what a script of the workflow asks for; `words` are its other arguments. Exits with the script's status."""
    match action:
        case "propose":
            from sweep.nodes.propose import main as run
        case "serve":
            from sweep.nodes.post_server import main as run
        case "keep":
            from sweep.nodes.rescue_checkpoint import main as run
        case _:
            sys.exit(f"sweep.node does not know {action!r}; it knows propose, serve and keep")
    run(words)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
