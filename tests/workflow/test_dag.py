"""The workflow as text: names, quoting, and the lines that DAGMan reads."""

from __future__ import annotations

import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from sweep.config.load import parse_config
from sweep.trial.spec import TrialSpec
from sweep.workflow.dag import CONTINUATIONS, generation_dag, max_retries, node_script, outer_dag
from tests.samples import OWN, STUDY


def spec(number: int, **params: object) -> TrialSpec:
    return TrialSpec(number, 1, number, params, 0, 0, 2, ["acc"], {})  # type: ignore[arg-type]


def test_outer_dag() -> None:
    lines = outer_dag("abc", "tiny", 3, {0}).splitlines()
    assert "SUBDAG EXTERNAL generation-0000 generation-0000.dag DONE" in lines
    assert "SUBDAG EXTERNAL generation-0002 generation-0002.dag" in lines
    assert "SCRIPT DEFER 69 20 DEBUG propose.log ALL PRE generation-0001 ./propose 1" in lines
    assert [line for line in lines if line.startswith("PARENT")] == [
        "PARENT generation-0000 CHILD generation-0001",
        "PARENT generation-0001 CHILD generation-0002",
    ]
    assert 'SET_JOB_ATTR SweepStudy = "abc"' in lines


def test_generation_dag() -> None:
    lines = generation_dag("abc", "tiny", 1, [spec(3), spec(4)], {3}, 4).splitlines()
    assert "JOB trial-00003 trial.sub DONE" in lines
    assert "JOB trial-00004 trial.sub" in lines
    assert "SCRIPT DEFER 69 20 DEBUG harvest.log ALL POST trial-00004 ./harvest 4 $RETURN $CLUSTERID" in lines


@pytest.mark.processes
def test_node_scripts_run_from_any_folder_and_python(tmp_path: Path) -> None:
    odd = tmp_path / "a b'$(x)"
    odd.mkdir()
    python = odd / "python"
    python.write_text(f'#!/bin/sh\necho "$PWD" "$@"\nexec {shlex.quote(sys.executable)} -c "" \n')
    python.chmod(0o755)
    script = odd / "keep"
    script.write_text(node_script("keep", python, odd))
    script.chmod(0o755)
    done = subprocess.run([str(script), "3", "9"], capture_output=True, text=True, check=True, cwd="/")
    assert done.stdout.strip() == f"{odd} -P -S -m sweep.node keep .. 3 9"


@pytest.mark.processes
def test_a_hold_script_that_fails_does_not_count(tmp_path: Path) -> None:
    script = tmp_path / "keep"
    script.write_text(node_script("keep", Path("/nowhere/python"), tmp_path))
    script.chmod(0o755)
    done = subprocess.run(["./keep", "3", "9"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, "/nowhere/python: not found" in done.stderr) == (0, True)


def test_a_trial_that_goes_on_after_holds_has_retries_left() -> None:
    """The POST script decides whether a trial goes on; DAGMan's limit must not end one that makes progress."""
    config = parse_config(STUDY, "study.toml")
    assert max_retries(config) == config.limits.retries + CONTINUATIONS
    without = parse_config(OWN, "study.toml")
    assert max_retries(without) == without.limits.retries
