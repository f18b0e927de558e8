"""The job of a study's first trial as HTCondor would take it: everything but a run."""

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
    """A job's ad, its submit description, which counts from the `folder`, and the warnings of condor_submit."""

    folder: Path
    description: str
    ad: Ad
    warnings: list[str]


@contextlib.contextmanager
def rehearse(study: Study) -> Iterator[Rehearsal]:
    """Write the first trial into a folder like a study's, which is gone afterwards, and have condor_submit read it.

    Raises PoolError when it does not take the submit description, StudyError when the trials could not run here.
    """
    with tempfile.TemporaryDirectory(prefix="doctor-", dir=study.paths.root) as name:
        paths = StudyPaths(Path(name))
        trial = trial_specs(study, StoredStudy.in_memory(study).propose(0)[:1], {})[0]
        paths.trial(trial.number).root.mkdir(parents=True)
        write_trial(study, paths.trial(trial.number), trial)
        for place, there in ((paths.trainer, study.paths.trainer), (paths.inputs, study.paths.inputs)):
            place.symlink_to(there)
        description = lane_description("sweep doctor", trial, study_submit_description(study))
        write_text(paths.submit, description)
        yield Rehearsal(paths.dag, description, *dry_run_submit(paths.submit))
