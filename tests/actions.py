"""What several test files do: run a POST script in this process, launch lanes, wait."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

import pytest

from sweep.config.load import parse_config
from sweep.control.dag_folder import write_dag_folder
from sweep.errors import ConfigError
from sweep.nodes import post_server
from sweep.nodes.lanes import trial_of_lane
from sweep.nodes.post_requests import PostRequest
from sweep.optimizer.stored_study import StoredStudy
from sweep.optimizer.trial_row import TrialRow
from sweep.paths import StudyPaths
from sweep.study.generation_plan import GenerationPlan
from sweep.study.study import Study
from sweep.system.files import locked
from tests.samples import STUDY

T = TypeVar("T")

SUBMITTED = "000 ({0:03}.000.000) 2026-11-23 05:58:04 Job submitted\n...\n"


def submit(paths: StudyPaths, who: str, cluster: int) -> int:
    """Write what HTCondor logs when it submits a lane's job, and return the number of the lane's trial."""
    number = trial_of_lane(paths, who)
    with paths.trial(number).job_log.open("a") as log:
        log.write(SUBMITTED.format(cluster))
    return number


def harvest(paths: StudyPaths, who: int | str, return_code: int, cluster: int = 0, trials: int | None = None) -> int:
    """Run the POST script of a trial or a lane, and return its exit status."""
    return ask(paths, who, return_code, cluster, trials)[0]


def ask(
    paths: StudyPaths, who: int | str, return_code: int, cluster: int = 0, trials: int | None = None
) -> tuple[int, str]:
    """Run the POST script of a trial or a lane, and return its exit status and what it says."""
    file = paths.posts / PostRequest(str(who), return_code, cluster).name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    post_server.serve(paths, trials)
    status, _, said = file.read_text().strip().partition(" ")
    file.unlink()
    return int(status), said


def launched(study: Study) -> None:
    """Write what a launch in three lanes writes; nothing is submitted."""
    study.paths.dag.mkdir(exist_ok=True)
    with locked(study.paths.storage_lock, wait=True):
        write_dag_folder(StoredStudy.open(study, writing=True), GenerationPlan(9, 9), 3)


def wait_for(answer: Callable[[], T | None], why: str, seconds: float = 60, pause: float = 0.01) -> T:
    """Ask again and again until the answer is true, and return it. Fails with `why` after so many seconds."""
    deadline = time.monotonic() + seconds
    while not (found := answer()):
        assert time.monotonic() < deadline, f"never: {why}"
        time.sleep(pause)
    return found


def rows(study: Study) -> list[TrialRow]:
    return StoredStudy.open(study, writing=False).rows()


def mistakes(text: str) -> list[str]:
    """Return the lines in which a study file is refused; fails where it is not."""
    with pytest.raises(ConfigError) as caught:
        parse_config(text, "study.toml")
    found = str(caught.value).splitlines()
    assert all(line.startswith("study.toml: ") for line in found)
    return found


def mistakes_after(old: str, new: str) -> list[str]:
    """Return the lines in which STUDY is refused after one replacement."""
    assert old in STUDY
    return mistakes(STUDY.replace(old, new, 1))
