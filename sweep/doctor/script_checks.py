"""Checks what the workflow's scripts need where DAGMan runs them: programs, an interpreter, the storage."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from sweep import resources
from sweep.doctor.finding import Finding, error, ok, warning
from sweep.study.commands import next_launch, study_command
from sweep.study.study import Study
from sweep.units import last_line

DAGMAN_VARIABLES = ("CONDOR_CONFIG", "PATH", "PYTHONPATH", "TZ", "HOME", "USER", "LANG", "LC_ALL")


DAGMAN_PREFIXES = ("_CONDOR_", "PERL", "PEGASUS_", "BEARER_TOKEN")
"""The variables, and prefixes of variables, that DAGMan takes from the submitter's environment (dagman_utils.cpp)."""


READ_STORAGE = """
import sys
from pathlib import Path
from sweep.paths import StudyPaths
from sweep.optimizer.stored_study import StoredStudy
from sweep.study.study import load_study
StoredStudy.open(load_study(StudyPaths(Path(sys.argv[1]))), writing=False).rows()
"""


SLOW_SECONDS = 10
"""Reading the storage should not take longer: each generation waits for it, and some POST scripts."""


TIMEOUT_SECONDS = 120
"""How long a script may take, at most."""


PROGRAMS = ("sh", "sleep", "rm", "cat")
"""The programs that the scripts start."""


def check_scripts(study: Study) -> Iterator[Finding]:
    """Check that PRE and POST scripts work in an environment like DAGMan's, and how fast they are."""
    environment = script_environment(os.environ)
    reading = [sys.executable, "-P", "-c", READ_STORAGE, str(study.paths.root)]
    yield _time_script("reading the storage as PRE scripts do", reading, environment)
    answering = [sys.executable, "-P", "-S", "-c", "import sweep.nodes.post_server"]
    root = str(resources.PACKAGE.parent)
    yield _time_script("starting the process that answers POST scripts", answering, environment | {"PYTHONPATH": root})


def check_programs() -> Iterator[Finding]:
    """Check that the scripts find their programs on the PATH that DAGMan gives them: the submitter's."""
    path = script_environment(os.environ).get("PATH", os.defpath)
    missing = [name for name in PROGRAMS if shutil.which(name, path=path) is None]
    if missing:
        yield error(
            f"the workflow's scripts do not find {', '.join(missing)} on PATH ({path})",
            "Add the folder with these programs to PATH before you launch.",
        )
    elif shutil.which("flock", path=path) is None:
        yield warning(
            "the program flock is not on PATH, so POST scripts start more processes than they need",
            "Install util-linux, or add the folder with flock to PATH before you launch.",
        )
    else:
        yield ok(f"the workflow's scripts find {', '.join(PROGRAMS)} and flock on PATH")


def check_launched_scripts(study: Study) -> Iterator[Finding]:
    """Check that the scripts of the last launch still find their interpreter, and it finds sweep."""
    for name in ("propose", "harvest"):
        script = study.paths.dag / name
        python = interpreter(script.read_text(encoding="utf-8", errors="replace")) if script.exists() else None
        if python is None or python == Path(sys.executable):
            continue
        task = f"{script} with {python}"
        start_over = f"Or run: {study_command(study, 'stop --now')} && {next_launch(study)}"
        if not os.access(python, os.X_OK):
            yield error(f"{task}: this interpreter is missing", f"Put it back. The scripts then continue. {start_over}")
            continue
        importing = [str(python), "-P", "-c", "import sweep.nodes.propose, sweep.nodes.post_server"]
        yield _time_script(task, importing, script_environment(os.environ))


def interpreter(script: str) -> Path | None:
    """Return the interpreter that the text of a node's script calls, None if it calls none."""
    for line in script.splitlines():
        before, found, _ = line.partition(" -P ")
        if found and "-m sweep." in line:
            return Path(shlex.split(before)[-1])
    return None


def script_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the part of a submitter's environment that DAGMan's scripts have."""
    return {
        name: value
        for name, value in environment.items()
        if name in DAGMAN_VARIABLES or name.startswith(DAGMAN_PREFIXES)
    }


def _time_script(task: str, command: list[str], environment: dict[str, str]) -> Finding:
    """Run a command and judge its exit status and its time. `task` says what the command does."""
    began = time.monotonic()
    try:
        done = subprocess.run(
            command, env=environment, cwd="/", capture_output=True, text=True, check=False, timeout=TIMEOUT_SECONDS
        )
    except subprocess.TimeoutExpired:
        return error(
            f"{task}: timed out after {TIMEOUT_SECONDS} s", "Check that the disks and the storage's server answer."
        )
    took = time.monotonic() - began
    if done.returncode:
        return error(
            f"{task} failed: {last_line(done.stderr, 'nothing on stderr')}",
            "DAGMan's scripts have little of your environment: neither LD_LIBRARY_PATH nor loaded modules. "
            f"Install sweep so that {sys.executable} works without them.",
        )
    text = f"{task} took {took:.1f} s"
    if took > SLOW_SECONDS:
        return warning(text, "Put the virtual environment on a local disk, or use fewer, larger generations.")
    return ok(text)
