"""Counts the floors and the circles of sweep's imports.

    python -m scripts.floors [FOLDER]

A file without imports of sweep is on floor 1; any other file is one floor above the highest file that it imports. The
rooms (packages) are counted likewise. Imports inside functions and for type checks count too. FOLDER is a checkout,
this one by default.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

Graph = Mapping[str, set[str]]
"""The names that each name imports."""


def imports(root: Path) -> dict[str, set[str]]:
    """Return what each module of sweep/ below `root` imports of sweep/."""
    files = {_name(file.relative_to(root)): file for file in (root / "sweep").rglob("*.py")}
    return {name: _imported(file, files) - {name, "sweep"} for name, file in files.items()}


def _name(file: Path) -> str:
    return ".".join(file.with_suffix("").parts).removesuffix(".__init__")


def _imported(file: Path, known: Mapping[str, Path]) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            found |= {name if name in known else node.module for name in names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return found & known.keys()


def rooms(graph: Graph) -> dict[str, set[str]]:
    """Return the imports between rooms: sweep's packages, and the single files of its root folder."""
    found: dict[str, set[str]] = {}
    for name, used in graph.items():
        room = _room(name)
        found.setdefault(room, set()).update(_room(other) for other in used)
    return {room: used - {room} for room, used in found.items()}


def _room(name: str) -> str:
    return ".".join(name.split(".")[:2])


def floors(graph: Graph) -> int:
    """Return the number of floors. Raises graphlib.CycleError where imports go in a circle."""
    heights: dict[str, int] = {}
    for name in TopologicalSorter(graph).static_order():
        heights[name] = 1 + max((heights[other] for other in graph[name]), default=0)
    return max(heights.values())


def without_circles(graph: Graph) -> tuple[dict[str, set[str]], list[list[str]]]:
    """Return the graph with each circle's last import left out, and the circles."""
    left = {name: set(used) for name, used in graph.items()}
    circles = []
    while True:
        try:
            TopologicalSorter(left).prepare()
        except CycleError as error:
            circle = error.args[1]
            circles.append(circle)
            # The sorter lists a circle so that each name is imported by the next.
            left[circle[1]].discard(circle[0])
        else:
            return left, circles


def main() -> None:
    graph = imports(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1])
    for title, part in (("files", graph), ("rooms", rooms(graph))):
        open_graph, circles = without_circles(part)
        print(f"{title}: {len(part)}, on {floors(open_graph)} floors, {len(circles)} circles")
        for circle in circles:
            print(f"  {' -> '.join(reversed(circle))}")


if __name__ == "__main__":
    main()
