"""What the last `sweep try` measured, read back."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from sweep.study.study import Study
from sweep.study.tried import last_try
from sweep.system.files import write_json, write_text
from tests.samples import TRIED


def test_a_record_is_read_back(study: Study) -> None:
    assert last_try(study) is None
    write_json(study.paths.tried_record, asdict(TRIED))
    assert last_try(study) == TRIED


@pytest.mark.parametrize("text", ["", "{", "[]", '{"seconds": 3}'])
def test_a_record_that_cannot_be_used_counts_as_none(study: Study, text: str) -> None:
    write_text(study.paths.tried_record, text)
    assert last_try(study) is None
