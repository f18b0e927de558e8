"""A job's work, by what `sweep try` measured."""

from __future__ import annotations

from dataclasses import asdict

from sweep.doctor import job_checks
from sweep.doctor.finding import Level
from sweep.pool.classads import Ad
from sweep.study.study import Study, load_study
from sweep.system.files import write_json
from tests.samples import TRIED, ad


def said(study: Study, job: Ad) -> list[tuple[Level, str]]:
    return [(finding.level, finding.text) for finding in job_checks.check_work(load_study(study.paths), job)]


def test_the_work_of_a_job(study: Study) -> None:
    job = ad("[ RequestMemory = 2048; RequestDisk = 1048576; AllowedExecuteDuration = 150 ]")
    assert said(study, job) == [(Level.WARNING, "the time that a trial takes is unknown")]
    write_json(study.paths.tried_record, asdict(TRIED))
    too_long = "a job runs for 3 min without saving a checkpoint, but may run for 2.5 min (allowed_execute_duration)"
    enough = (Level.OK, "a job requests more than `sweep try` used")
    assert said(study, job) == [(Level.ERROR, too_long), enough]

    # An epoch takes 90 s: checkpoints after each are soon enough.
    text = study.paths.config.read_text()
    study.paths.config.write_text(f'{text}checkpoint_every = "1 epochs"\n')
    taken = "a trial takes about 3 min in `sweep try`, on this machine"
    assert said(study, job) == [(Level.OK, taken), enough]
    study.paths.config.write_text(f'{text}slice = "1 epochs"\n')
    assert said(study, job)[0] == (Level.OK, f"{taken}, in slices of 90 s")
