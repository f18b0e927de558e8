from __future__ import annotations

import pytest

from sweep.errors import StudyError
from sweep.nodes.ended_job import EndedJob
from sweep.nodes.propose import propose
from sweep.study.study import Study
from tests.actions import SUBMITTED
from tests.samples import GOOD

NOTED = '{{"cluster": {}, "kind": "transient", "reason": "", "host": "a"}}'


def test_a_job_as_its_files_tell(study: Study) -> None:
    propose(study, 0)
    files = study.paths.trial(1)
    files.metrics.write_text(GOOD)
    files.stderr.write_text("one\ntwo\n")
    files.job_log.write_text(SUBMITTED.format(7))
    files.endings.write_text(f'{NOTED.format(6)}\n{{"torn\n{{"kind": "odd"}}\n{{"cluster": 7}}\n')
    job = EndedJob.read(files)
    assert (job.spec.number, job.history.cluster, job.reports.last_step, job.stderr) == (1, 7, 2, "one\ntwo")
    assert [ending["cluster"] for ending in job.endings] == [6]
    assert job.noted_ending is None
    files.endings.write_text(f"{NOTED.format(7)}\n")
    noted = EndedJob.read(files).noted_ending
    assert noted
    assert noted["cluster"] == 7
    files.endings.write_bytes(b"\xff\xfe\n")
    assert EndedJob.read(files).endings == []


def test_without_its_trial_json_there_is_no_job(study: Study) -> None:
    with pytest.raises(StudyError, match=r"trial\.json cannot be read"):
        EndedJob.read(study.paths.trial(1))
