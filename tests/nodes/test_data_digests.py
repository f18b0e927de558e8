from __future__ import annotations

from collections.abc import Callable

import pytest

from sweep.nodes.data_digests import check_data_digests, known_digest
from sweep.study.study import Study
from sweep.trial.spec import TrialSpec

A, B = "a" * 64, "b" * 64


@pytest.fixture
def check(study: Study) -> Callable[..., str]:
    def check_one(number: int, *seen: str, sha256: str = "") -> str:
        spec = TrialSpec(number, 0, 0, {}, 0, 0, 1, ["acc"], {"path": "photos.zip", "sha256": sha256})
        return check_data_digests(study.paths, spec, seen)

    return check_one


def test_three_trials_that_agree_decide(check: Callable[..., str], study: Study) -> None:
    assert check(0, A) == ""
    assert check(0, A) == ""
    assert check(1, B) == ""
    assert check(2, A) == ""
    assert known_digest(study.paths) == "", "one trial counts once"
    assert check(3, A) == ""
    assert known_digest(study.paths) == A
    assert f"its data has the SHA-256 {B}, but the study's data has {A}. Was photos.zip overwritten?" in check(4, B)
    assert check(5, A) == ""
    assert len(study.paths.data_sha256.read_text().splitlines()) == 4


def test_what_the_study_says_decides_alone(check: Callable[..., str], study: Study) -> None:
    assert B in check(0, B, sha256=A)
    assert check(1, A, sha256=A) == ""
    assert not study.paths.data_sha256.exists()


@pytest.mark.parametrize("odd", ["", "a" * 63, "A" * 64, "../../etc", "x\n" + A, 70 * "a"])
def test_what_is_no_digest_is_the_trials_own_fault(check: Callable[..., str], study: Study, odd: str) -> None:
    assert "which is no SHA-256" in check(0, odd)
    assert not study.paths.data_sha256.exists()


def test_data_that_changed_between_two_jobs(check: Callable[..., str]) -> None:
    assert check(0, A, B) == f"its data changed between two of its jobs: it reports {A} and {B}"


def test_the_first_digest_that_an_earlier_version_noted_decides(check: Callable[..., str], study: Study) -> None:
    study.paths.data_sha256.write_text(f"{A}\n")
    assert known_digest(study.paths) == A
    assert B in check(0, B)


def test_nothing_reported(check: Callable[..., str]) -> None:
    assert check(0) == ""
