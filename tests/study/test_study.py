"""Finding a study on disk and reading it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sweep.control.initialise import initialise
from sweep.errors import StudyError
from sweep.study.study import open_current


@pytest.mark.parametrize("text", ["[]", "{}", '{"id": "x"}', "torn {"])
def test_a_damaged_provenance_is_named(study_file: Path, text: str) -> None:
    there, _ = initialise(study_file, lambda _: None)
    there.paths.provenance.write_text(text)
    with pytest.raises(StudyError, match=r"provenance\.json cannot be read"):
        open_current(None)


def test_a_study_that_was_removed_names_the_others(study_file: Path) -> None:
    there, _ = initialise(study_file, lambda _: None)
    with pytest.raises(StudyError) as caught:
        open_current("gone")
    assert "The only study here is tiny. To use it, add: --study tiny\n" in caught.value.advice
    with pytest.raises(StudyError, match="is not an initialised study; did you mean 'tiny'"):
        open_current("tinny")
    there.paths.config.unlink()
    with pytest.raises(StudyError, match=r"study\.toml is missing"):
        open_current(None)


@pytest.mark.usefixtures("folder")
def test_no_study_says_what_to_type() -> None:
    with pytest.raises(StudyError, match="no study is initialised in") as caught:
        open_current(None)
    assert "sweep init" in caught.value.advice
    with pytest.raises(StudyError, match="not an initialised study"):
        open_current("other")
