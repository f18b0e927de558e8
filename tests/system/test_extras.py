"""Packages of an extra that is not installed."""

from __future__ import annotations

import pytest

from sweep.errors import SweepError
from sweep.system.extras import require_extra


def test_a_missing_package_is_named_with_its_extra() -> None:
    require_extra("report", "json")
    with pytest.raises(SweepError, match="this command needs no_such_package, not installed here") as caught:
        require_extra("report", "json", "no_such_package")
    assert caught.value.advice == "Run: pip install 'htcondor-sweep[report]'"
