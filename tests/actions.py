"""What a POST script does, in this process: it asks what became of a trial, and has that answered."""

from __future__ import annotations

import time
from collections.abc import Callable

from sweep.control.launch import write_workflow
from sweep.nodes import post_server
from sweep.nodes.lanes import trial_of_lane
from sweep.nodes.post_requests import PostRequest
from sweep.optimizer.stored_study import StoredStudy
from sweep.paths import StudyPaths
from sweep.study.study import Study
from sweep.system.files import locked

SUBMITTED = "000 ({0:03}.000.000) 2026-11-23 05:58:04 Job submitted\n...\n"


def submit(paths: StudyPaths, who: str, cluster: int) -> int:
    """What HTCondor writes when a lane's job is submitted; gives the lane's trial."""
    number = trial_of_lane(paths, who)
    with paths.trial(number).job_log.open("a") as log:
        log.write(SUBMITTED.format(cluster))
    return number


def harvest(paths: StudyPaths, who: int | str, return_code: int, cluster: int = 0, trials: int | None = None) -> int:
    """Exit status of the POST script of a trial, or of a lane."""
    return ask(paths, who, return_code, cluster, trials)[0]


def ask(
    paths: StudyPaths, who: int | str, return_code: int, cluster: int = 0, trials: int | None = None
) -> tuple[int, str]:
    """The same, and what it says."""
    file = paths.posts / PostRequest(str(who), return_code, cluster).name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    post_server.serve(paths, trials)
    status, _, said = file.read_text().strip().partition(" ")
    file.unlink()
    return int(status), said


def launched(study: Study) -> None:
    """Launch the study in three lanes, as far as files go."""
    study.paths.dag.mkdir(exist_ok=True)
    with locked(study.paths.storage_lock, wait=True):
        write_workflow(StoredStudy.open(study, writing=True), 9, set(), 3)


def until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)
