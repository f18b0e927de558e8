"""How test files are given to workers: simulated, with workers that do nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from tests.docs.blocks import ROOT
from tests.shared_pools import LONG, SharedPools

POOL = [f"tests/pool/test_{name}.py::test_{n}" for name, count in (("a", 1), ("b", 4), ("c", 2)) for n in range(count)]
OTHERS = [f"tests/trial/test_{name}.py::test_{n}" for name, count in (("d", 3), ("e", 5)) for n in range(count)]


@dataclass(eq=False)
class Worker:
    """What the scheduler knows of a worker: the tests that it has sent there."""

    name: str
    gateway: Any = field(default_factory=lambda: SimpleNamespace(id="gw"))
    waiting: list[int] = field(default_factory=list)
    ran: list[int] = field(default_factory=list)
    shutting_down: bool = False

    def send_runtest_some(self, tests: list[int]) -> None:
        assert not self.shutting_down
        self.waiting += tests

    def shutdown(self) -> None:
        self.shutting_down = True

    def can_run(self) -> bool:
        # As in xdist: a test runs when the worker has one more, or knows that there is none.
        return len(self.waiting) > (0 if self.shutting_down else 1)


def started(workers: int, tests: list[str]) -> tuple[SharedPools, list[Worker]]:
    """Return a scheduler that has given its workers their first files."""
    config: Any = SimpleNamespace(
        getvalue=lambda _: [f"{workers}*popen"], option=SimpleNamespace(loadscopereorder=True)
    )
    scheduler = SharedPools(config, None)
    there = [Worker(f"gw{number}") for number in range(workers)]
    for worker in there:
        scheduler.add_node(worker)
        scheduler.add_node_collection(worker, tests)
    scheduler.schedule()
    return scheduler, there


def run(scheduler: SharedPools, workers: list[Worker], tests: list[str]) -> dict[str, set[str]]:
    """Run all tests, one of each worker at a time, and return which files each worker had."""
    while running := [worker for worker in workers if worker.can_run()]:
        for worker in running:
            test = worker.waiting.pop(0)
            worker.ran.append(test)
            scheduler.mark_test_complete(worker, test)
    assert sorted(test for worker in workers for test in worker.ran) == list(range(len(tests)))
    return {worker.name: {tests[test].partition("::")[0] for test in worker.ran} for worker in workers}


def of_pool(files: set[str]) -> bool:
    return any(file.startswith("tests/pool/") for file in files)


def test_two_workers_have_the_pool_s_files_and_the_third_has_none() -> None:
    tests = POOL + OTHERS
    scheduler, workers = started(3, tests)
    had = run(scheduler, workers, tests)
    assert [of_pool(had[name]) for name in ("gw0", "gw1", "gw2")] == [True, True, False]
    assert all(worker.shutting_down for worker in workers)


def test_long_files_come_first_however_few_their_tests_are() -> None:
    long = [file for file in LONG if file.startswith("tests/trainer/")]
    assert long
    tests = OTHERS + [f"{file}::test_it" for file in long]
    _, (first, *_) = started(1, tests)
    assert tests[first.waiting[0]].startswith(long[0])
    assert [file for file in LONG if not (ROOT / file).is_file()] == []


@pytest.mark.parametrize(("workers", "tests"), [(1, POOL + OTHERS), (2, OTHERS), (3, POOL), (3, OTHERS), (9, POOL)])
def test_every_test_runs_once_whatever_there_is(workers: int, tests: list[str]) -> None:
    run(*started(workers, tests), tests)


def test_a_worker_takes_the_place_of_one_that_crashes() -> None:
    tests = POOL + OTHERS
    scheduler, workers = started(3, tests)
    crashed = workers.pop(0)
    name = scheduler.remove_node(crashed)
    assert name == tests[crashed.waiting[0]]
    replacement = Worker("gw3")
    scheduler.add_node(replacement)
    scheduler.add_node_collection(replacement, tests)
    scheduler.schedule()
    had = run(scheduler, [*workers, replacement], tests)
    assert sum(map(of_pool, had.values())) == 2
