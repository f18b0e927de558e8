"""Which packages a command or a node script imports."""

from __future__ import annotations

import subprocess
import sys

import pytest

from sweep.resources import PACKAGE


@pytest.mark.processes
@pytest.mark.parametrize(
    ("arguments", "heavy"),
    [
        (["-S", "-c", "import sweep.nodes.post_server"], {"optuna", "pydantic", "jinja2", "rich", "htcondor2"}),
        (["-c", "import sweep.cli.app"], {"optuna", "pydantic", "jinja2", "pandas", "htcondor2", "torch"}),
        (
            ["-c", "import sweep.nodes.propose, sweep.results.report, sweep.control.launch, sweep.monitor.follow"],
            {"torch", "optuna", "pandas"},
        ),
    ],
)
def test_heavy_packages_are_imported_only_where_needed(arguments: list[str], heavy: set[str]) -> None:
    code = f"{arguments[-1]}; import sys; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, *arguments[:-1], code], capture_output=True, text=True, check=True, cwd=PACKAGE.parent
    )
    assert heavy & set(done.stdout.split()) == set()
