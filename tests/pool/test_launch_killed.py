"""`sweep launch` killed at every write that it makes, and typed again, on a real schedd: one sweep is in the queue."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from sweep.control import launch
from sweep.paths import StudyPaths
from sweep.pool import schedd
from sweep.study.place import folder_record
from sweep.study.study import Study, load_study
from tests.crash_actions import launched_on_pool
from tests.crashes import KILLED, Kill, in_a_process
from tests.pool.actions import GOOD, wait_for

pytestmark = [pytest.mark.pool, pytest.mark.usefixtures("hasty")]


def workflow(there: Study) -> dict[str, str]:
    """The files that a launch writes for DAGMan, but for the study's own folder and id in them."""
    names = ("dagman.config", "trial.sub", "propose", "harvest", "keep", "study.dag")
    return {name: there.paths.dag.joinpath(name).read_text().replace(there.id, "ID") for name in names}


def copies(template: Path) -> Iterator[Study]:
    """Studies like the one in `template`, each with an id of its own."""
    number = 0
    while True:
        number += 1
        root = template.with_name(f"copy-{number}")
        shutil.copytree(template, root)
        paths = StudyPaths(root)
        provenance = json.loads(paths.provenance.read_text()) | folder_record(paths)
        paths.provenance.write_text(json.dumps(provenance | {"id": f"{provenance['id'][:-4]}{number:04}"}))
        yield load_study(paths)


def test_killed_at_every_write_and_typed_again_one_sweep_is_in_the_queue(light: Callable[..., Study]) -> None:
    every = copies(light(GOOD).paths.root)
    wanted = next(every)
    launch.launch_sweep(wanted, 1)
    tried = [wanted]
    for nth, there in enumerate(every, start=1):
        tried.append(there)
        ended = in_a_process(partial(launched_on_pool, there), Kill(nth))
        launch.launch_sweep(there, 1)
        # Its DAGMan may have begun meanwhile, and have jobs of its own in the queue.
        outer = [job for job in schedd.queued_jobs(there.id) if job.is_outer]
        assert len(outer) == 1, f"killed at write {nth}"
        assert workflow(there) == workflow(wanted), f"killed at write {nth}"
        schedd.remove_jobs(there.id)  # the others need the processor
        if ended != KILLED:
            assert ended == 0
            break
    assert len(tried) > 15
    for there in tried:
        schedd.remove_jobs(there.id)
    wait_for(lambda: not any(schedd.queued_jobs(there.id) for there in tried), "the queue is empty")
