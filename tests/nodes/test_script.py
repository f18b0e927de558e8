"""Node scripts that hang or fail."""

from __future__ import annotations

import subprocess
import sys

import pytest

from sweep.resources import PACKAGE
from sweep.study.study import Study
from sweep.system.files import locked
from sweep.workflow.exit_codes import DEFER

HANGS = """
import sys
from sweep.nodes import {module}, script
script.LIMIT_SECONDS = 1
{module}.main(sys.argv[1:])
"""


@pytest.mark.processes
@pytest.mark.parametrize(("module", "arguments"), [("propose", ["1"]), ("post_server", ["9"])])
def test_a_script_that_hangs_is_run_again(
    study: Study, module: str, arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(PACKAGE.parent))
    study.paths.posts.mkdir(parents=True)
    (study.paths.posts / "lane-0000.0.1").touch()
    with locked(study.paths.storage_lock, wait=True):
        command = [sys.executable, "-c", HANGS.format(module=module), str(study.paths.root), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == DEFER, done.stderr
    assert "timed out after 1 s" in done.stderr
    assert "timed out after 1 s" in study.paths.waiting.read_text()
