"""The order in which trials ended since the launch, and the failures in a row. Standard library only.

Neither a clock nor a file's time decides: those of the access point and of a file server may differ.
"""

from __future__ import annotations

import re
from collections import Counter

from sweep.paths import StudyPaths
from sweep.system.files import write_text
from sweep.trial.files import read_result


def note_ending(paths: StudyPaths, number: int, state: str) -> None:
    """Note that a trial has ended, unless it was noted before. The caller holds the storage lock."""
    if any(one == number for one, _ in _endings(paths)):
        return
    paths.dag.mkdir(exist_ok=True)
    with paths.endings.open("a", encoding="utf-8") as handle:
        handle.write(f"{number} {state}\n")


def _endings(paths: StudyPaths) -> list[tuple[int, str]]:
    """Return number and state of each trial that has ended since the launch, in order. Torn lines are left out."""
    if not paths.endings.exists():
        return []
    found = re.findall(
        r"^([0-9]+) ([A-Z]+)\n", paths.endings.read_text(encoding="utf-8", errors="replace"), re.MULTILINE
    )
    return [(int(number), state) for number, state in found]


def stop_if_hopeless(paths: StudyPaths, limit: int) -> bool:
    """Stop the sweep if its last `limit` trials all failed: what fails every time wastes the pool."""
    failed = [number for number, state in _endings(paths)[-limit:] if state == "FAIL"]
    if len(failed) < limit:
        return False
    results = [read_result(paths.trial(number)) for number in failed]
    common, count = Counter(result.reason for result in results if result).most_common(1)[0]
    shared = "all" if count == limit else f"{count} of them"
    write_text(paths.stopped, f"{limit} trials in a row failed, {shared} with: {common}\n")
    return True
