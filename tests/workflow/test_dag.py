"""The workflow as text: names, quoting, and the lines that DAGMan reads."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep.config.job import JobSection
from sweep.config.trainer import TrainerSection
from sweep.paths import node_name, trial_number
from sweep.trial.spec import TrialSpec
from sweep.workflow.attributes import classad_value, node_vars
from sweep.workflow.dag import generation_dag, node_script, outer_dag
from sweep.workflow.submit import submit_description, submit_value

SHIPPED = TrainerSection(epochs=2, data="photos")


def spec(number: int, **params: object) -> TrialSpec:
    return TrialSpec(number, 1, number, params, 0, 0, 2, ["acc"], {})  # type: ignore[arg-type]


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


def unescape(text: str) -> str:
    """A VARS value as DAGMan reads it (dag_parser.cpp): backslash escapes backslash and quote."""
    return re.sub(r"\\(.)", r"\1", text)


@given(st.text())
def test_any_string_survives_the_dag_line(value: str) -> None:
    line = node_vars(spec(1, activation=value))
    assert line.isascii()
    assert line.isprintable()
    assert "$" not in line
    match = re.search(r'My\.SweepParam_activation="((?:[^"\\]|\\.)*)"$', line)
    assert match
    literal = unescape(match[1])
    assert literal[0] == literal[-1] == '"'
    assert "\\" not in literal
    assert '"' not in literal[1:-1]
    assert unquote(literal[1:-1]) == value.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers() | st.booleans())
def test_any_number_survives_the_dag_line(value: float) -> None:
    literal = classad_value(value)
    assert literal == ("true" if value else "false") if isinstance(value, bool) else float(literal) == float(value)


def test_plain_values_stay_readable() -> None:
    line = node_vars(spec(42, lr=0.001, n_blocks=2, activation="relu"))
    assert line == (
        'trial="00042" My.SweepTrial="42" My.SweepGeneration="1" My.SweepParam_lr="0.001" '
        'My.SweepParam_n_blocks="2" My.SweepParam_activation="\\"relu\\""'
    )


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


def test_submit_description_asks_for_what_the_study_says() -> None:
    job = JobSection(request_memory="3 GB", request_gpus=1, gpus_minimum_capability=7.5, gpus_minimum_memory="8 GB")
    text = submit_description("abc", "tiny", SHIPPED, job, Path("/opt/my python"), ["https://host/a$(b).zip"])
    for line in (
        "executable = /opt/my python",
        "request_memory = 3 GB",
        "request_gpus = 1",
        "gpus_minimum_capability = 7.5",
        "gpus_minimum_memory = 8 GB",
        'My.SweepStudy = "abc"',
    ):
        assert line in text.splitlines()
    assert "https://host/a$(DOLLAR)(b).zip" in text
    assert "container_image" not in text


def test_a_container_brings_its_own_python() -> None:
    job = JobSection(container_image="osdf:///ospool/me/train.sif")
    lines = submit_description("abc", "tiny", SHIPPED, job, Path("/opt/python"), ["data.zip"]).splitlines()
    assert "executable = /usr/bin/env" in lines
    assert 'arguments = "python3 -u -m trainer trial.json"' in lines
    assert "container_image = osdf:///ospool/me/train.sif" in lines
    assert not any(line.startswith("request_gpus") for line in lines)


def test_what_all_trials_have_in_common_is_sent_once_where_htcondor_can() -> None:
    carried = ["/data/photos.zip", "osdf:///x/resnet18.pth"]
    shared = submit_description("id", "tiny", SHIPPED, JobSection(), Path("/p"), carried, shares=True)
    assert "transfer_common_input = /data/photos.zip, osdf:///x/resnet18.pth" in shared.splitlines()
    assert "photos.zip" not in next(line for line in shared.splitlines() if line.startswith("transfer_input_files"))
    plain = submit_description("id", "tiny", SHIPPED, JobSection(), Path("/p"), carried)
    assert "transfer_common_input" not in plain
    assert "/data/photos.zip, osdf:///x/resnet18.pth" in plain


def test_a_site_s_requirements_and_sweep_s_own_must_both_hold() -> None:
    job = JobSection(requirements="A || B")
    lines = submit_description("id", "tiny", SHIPPED, job, Path("/p"), []).splitlines()
    assert "requirements = (A || B)" in lines
    assert '  requirements = (A || B) && (Machine != "$(failed_host)" || time() - QDate > 1200)' in lines


@pytest.mark.parametrize("value", ["two\nlines", "ends in a backslash\\", "tab\tbed"])
def test_what_no_submit_description_can_hold_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="cannot hold"):
        submit_value(value)


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
