"""Names of files and nodes."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from sweep.paths import node_name, trial_number
from sweep.study.study import Study


def test_a_path_for_every_file(study: Study) -> None:
    files = study.paths.trial(42)
    assert files.root.name == "00042"
    assert (
        len({files.spec, files.result, files.stdout, files.stderr, files.job_log, *files.outputs(checkpoints=True)})
        == 10
    )


@given(st.integers(0, 10**9))
def test_a_node_name_gives_its_trial_back(number: int) -> None:
    name = node_name(number)
    assert trial_number(name) == number
    assert not re.search(r"[\s+.]", name)


@given(st.text())
def test_only_node_names_are_trials(text: str) -> None:
    try:
        number = trial_number(text)
    except ValueError:
        return
    assert node_name(number) == text
