"""The list of all checks."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from sweep.doctor import checks, machine_checks, script_checks, study_checks
from sweep.doctor.finding import Finding, Level, ok
from sweep.errors import PoolError
from sweep.study.study import Study


def test_a_check_that_breaks_is_a_warning_and_the_others_go_on(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> Iterator[Finding]:
        raise PoolError("there is no HTCondor", "Get it.")

    def broken(_: Study) -> Iterator[Finding]:
        yield ok("so far")
        raise KeyError("Cpus")

    monkeypatch.setattr(machine_checks, "check_pool", none)
    monkeypatch.setattr(study_checks, "check_disk_space", broken)
    monkeypatch.setattr(script_checks, "check_programs", list)
    monkeypatch.setattr(script_checks, "check_scripts", lambda _: [])
    found = list(checks.all_checks(study))
    assert found[0] == ("access point", Finding(Level.ERROR, "there is no HTCondor", "Get it."))
    assert [finding.text for _, finding in found[2:]] == ["so far", "the check broken failed: KeyError: 'Cpus'"]
    assert found[3][1].level == Level.WARNING
    assert json.dumps(found[3][1].level) == '"warning"'
