"""Gives the test files to the workers of pytest-xdist."""

from __future__ import annotations

from typing import Any

import pytest
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

LONG = [
    "tests/pool/test_tutorial.py",
    "tests/pool/test_container.py",
    "tests/pool/test_main_job.py",
    "tests/pool/test_kills.py",
    "tests/pool/test_endings.py",
    "tests/pool/test_lanes.py",
    "tests/pool/test_trouble.py",
    "tests/pool/test_launch_killed.py",
    "tests/pool/test_see.py",
    "tests/pool/test_gpus.py",
    "tests/pool/test_stop.py",
    "tests/test_crash_points.py",
    "tests/test_own_program.py",
    "tests/trainer/test_ends.py",
]
"""The files that take minutes, the longest first. At the end, when workers are idle, none of them is to run alone."""


class SharedPools(LoadScopeScheduling):  # type: ignore[misc]
    """Gives the test files to the workers, so that only two of them start a pool.

    The first two workers take the files of tests/pool, and the others when none of those is left. Every other worker
    takes the files of other folders, and ends when none is left. The files in LONG come first, and then those with
    more tests (xdist's own order). A worker gets its next file when its last test but one has ended, so a slow file
    holds up no other.
    """

    POOLS = 2

    def __init__(self, config: pytest.Config, log: Any) -> None:
        super().__init__(config, log)
        self.with_pool: list[WorkerController] = []

    def _next_file(self, node: WorkerController) -> str | None:
        if node not in self.with_pool and len(self.with_pool) < self.POOLS:
            self.with_pool.append(node)
        of_pool = [file for file in self.workqueue if file.startswith("tests/pool/")]
        others = [file for file in self.workqueue if file not in of_pool]
        files = of_pool or others if node in self.with_pool else others
        return min(files, key=lambda file: LONG.index(file) if file in LONG else len(LONG), default=None)

    def _assign_work_unit(self, node: WorkerController) -> None:
        if (file := self._next_file(node)) is None:
            node.shutdown()
        else:
            self.workqueue.move_to_end(file, last=False)
            super()._assign_work_unit(node)

    def _reschedule(self, node: WorkerController) -> None:
        # A worker starts a test when it knows which one comes after it.
        while not node.shutting_down and self._pending_of(self.assigned_work[node]) < 2:
            self._assign_work_unit(node)

    def remove_node(self, node: WorkerController) -> str | None:
        """Forget a worker; where one with a pool has crashed, another takes its place."""
        if node in self.with_pool:
            self.with_pool.remove(node)
        crashed: str | None = super().remove_node(node)
        return crashed
