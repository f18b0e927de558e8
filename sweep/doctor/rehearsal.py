"""Prepares the job of a study's first trial as a launch would, and has condor_submit check it."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sweep.control.dag_folder import study_submit_description
from sweep.nodes.trial_folder import trial_specs, write_trial
from sweep.optimizer.stored_study import StoredStudy
from sweep.paths import StudyPaths
from sweep.pool.classads import Ad
from sweep.pool.schedd import dry_run_submit
from sweep.study.study import Study
from sweep.system.files import write_text
from sweep.workflow.submit import lane_description


@dataclass(frozen=True)
class Rehearsal:
    """A job's ad, its submit description, and condor_submit's warnings.

    Paths in the submit description are relative to `folder`.
    """

    folder: Path
    description: str
    ad: Ad
    warnings: list[str]


@contextlib.contextmanager
def rehearse(study: Study) -> Iterator[Rehearsal]:
    """Write the first trial into a temporary folder like a study's, and have condor_submit check its job.

    Raises PoolError if condor_submit refuses the submit description, StudyError if the trials cannot run here.
    """
    with tempfile.TemporaryDirectory(prefix="doctor-", dir=study.paths.root) as name:
        paths = StudyPaths(Path(name))
        trial = trial_specs(study, StoredStudy.in_memory(study).propose(0)[:1], {})[0]
        paths.trial(trial.number).root.mkdir(parents=True)
        write_trial(study, paths.trial(trial.number), trial)
        paths.trainer.symlink_to(study.paths.trainer)
        paths.inputs.symlink_to(study.paths.inputs)
        description = lane_description("sweep doctor", trial, study_submit_description(study))
        write_text(paths.submit, description)
        yield Rehearsal(paths.dag, description, *dry_run_submit(paths.submit))
