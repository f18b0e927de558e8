"""What tests of the results share."""

from __future__ import annotations

import pytest

from sweep.results.report import Report, build_report
from sweep.study.study import Study
from tests.samples import REPORT_ROWS


@pytest.fixture
def there(study: Study) -> Report:
    study.paths.trial(4).root.mkdir(parents=True)
    for number in (0, 1, 3):
        study.paths.trial(number).root.mkdir()
        study.paths.trial(number).checkpoint.write_text("a model")
    study.paths.trial(4).job_log.write_text("001 (1.0.0) 2026-11-23 05:58:25 Job executing on host\n...\n")
    return build_report(study, REPORT_ROWS)
