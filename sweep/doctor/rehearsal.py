"""The job of a study's first trial as HTCondor would take it: everything but a run."""

from __future__ import annotations

import contextlib
import getpass
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sweep import workflow
from sweep.doctor.classads import Ad
from sweep.errors import PoolError
from sweep.files import write_text
from sweep.launch import submit_description
from sweep.paths import StudyPaths
from sweep.propose import specs, write_trial
from sweep.search import Search
from sweep.study import Study


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
        trial = specs(study, Search.in_memory(study).propose(0)[:1], {})[0]
        paths.trial(trial.number).root.mkdir(parents=True)
        write_trial(study, paths.trial(trial.number), trial)
        for place, there in ((paths.trainer, study.paths.trainer), (paths.inputs, study.paths.inputs)):
            place.symlink_to(there)
        description = workflow.lane_description("sweep doctor", trial, submit_description(study))
        write_text(paths.submit, description)
        yield Rehearsal(paths.dag, description, *dry_run(paths.submit))


def dry_run(file: Path) -> tuple[Ad, list[str]]:
    """What condor_submit makes of a submit description, without submitting it: the job's ad, and warnings.

    Raises PoolError with what it says, when it does not take it.
    """
    from classad2 import parseOne

    ad = file.with_suffix(".ad")
    done = subprocess.run(
        ["condor_submit", "-dry-run", ad.name, file.name], cwd=file.parent, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise PoolError(
            f"condor_submit does not take the jobs' submit description: {' '.join(done.stderr.split())}",
            "Look at [job]. `sweep launch --dry-run` writes it for reading.",
        )
    job = parseOne(ad.read_text())
    # The schedd says whose it is; slots may ask.
    job["Owner"] = getpass.getuser()
    return job, [line.strip() for line in done.stderr.splitlines() if line.startswith("WARNING")]
