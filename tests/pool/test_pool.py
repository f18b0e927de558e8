"""The personal pool itself: its commands, who may use it, and what it listens on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest

from sweep.config.job import JobSection
from sweep.config.sections import APSection
from sweep.config.trainer import TrainerSection
from sweep.pool import install, personal, schedd
from sweep.trial.spec import TrialSpec
from sweep.workflow.dag import dagman_config, generation_dag
from sweep.workflow.submit import submit_description
from tests.pool.actions import SLOTS, sweep, wait_for

pytestmark = [pytest.mark.pool, pytest.mark.usefixtures("pool")]


def test_start_twice_says_so_and_status_shows_the_slots() -> None:
    assert "running already" in sweep("pool", "start").stdout
    assert f"{SLOTS} cores" in sweep("pool", "status").stdout


def test_install_finds_what_is_there() -> None:
    assert "nothing to install" in sweep("pool", "install").stdout


@pytest.mark.parametrize(
    "tool",
    [
        "condor_q",
        "condor_status",
        "condor_watch_q -help",
        "condor_history",
        "htcondor --help",
        "condor_rm -constraint false",
    ],
)
def test_env_makes_the_tools_work_in_a_shell(tool: str) -> None:
    bare = {"PATH": "/usr/bin:/bin", "HOME": os.environ["HOME"]}
    done = subprocess.run(
        ["sh", "-c", f"{sweep('pool', 'env').stdout}\n{tool}"], env=bare, capture_output=True, text=True, check=False
    )
    # condor_rm was let in and found no such job; whether it calls that a success differs from time to time.
    assert done.returncode == 0 or "jobs matching constraint (false)" in done.stderr, done.stderr
    assert "Error" not in done.stderr
    assert "No such file" not in done.stderr


def test_only_loopback_is_listened_on() -> None:
    inodes = set()
    for pid in personal.pool_processes():
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            target = str(entry.readlink())
            if target.startswith("socket:["):
                inodes.add(target[8:-1])
    listening = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in Path(table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == "0A" and fields[9] in inodes:
                listening.append(fields[1].rpartition(":")[0])
    assert listening
    assert set(listening) == {"0100007F"}


SUBMIT = """
import os, sys
import classad2, htcondor2
uid, address = int(sys.argv[1]), sys.argv[2]
os.setgroups([]); os.setgid(uid); os.setuid(uid)
place = classad2.ClassAd({"MyAddress": address, "Name": "it", "CondorVersion": htcondor2.version()})
try:
    job = htcondor2.Submit("executable = /bin/true\\nhold = True\\nqueue")
    print("submitted", htcondor2.Schedd(place).submit(job).cluster())
except htcondor2.HTCondorException as error:
    print("refused", error)
"""


@pytest.mark.skipif(os.getuid() != 0, reason="only root can become another user")
@pytest.mark.parametrize(("uid", "answer"), [(0, "submitted"), (1, "refused"), (65534, "refused"), (4321, "refused")])
def test_nobody_else_may_submit(uid: int, answer: str) -> None:
    address = (personal.pool_directory() / "spool" / ".schedd_address").read_text().splitlines()[0]
    done = subprocess.run(
        [sys.executable, "-c", SUBMIT, str(uid), address], capture_output=True, text=True, check=False, cwd="/"
    )
    assert done.stdout.startswith(answer), done.stdout + done.stderr


@pytest.mark.parametrize(
    "value", ['a "quoted" $(x) $$(y) $ENV(HOME) \\ back\\', "tab\tline\nbreak", "größe 中", "100%", "'"]
)
def test_any_parameter_value_survives_the_pool(here: Path, value: str) -> None:
    spec = TrialSpec(0, 0, 0, {"activation": value, "lr": 1e-300, "width": 2**53, "flag": True}, 0, 0, 1, ["m"], {})
    (here / "trials" / "00000").mkdir(parents=True)
    (here / "trials" / "00000" / "own.sub").touch()
    (here / "dag").mkdir()
    trainer, job = TrainerSection(epochs=1, data="x"), JobSection(request_memory=64)
    description = submit_description("odd", "odd", trainer, job, Path("/bin/true"), ["x"])
    keep = [line for line in description.splitlines() if "transfer" not in line and "checkpoint" not in line]
    (here / "dag" / "trial.sub").write_text("\n".join(["hold = True", *keep]) + "\n")
    (here / "dag" / "dagman.config").write_text(dagman_config(here, APSection()))
    dag = here / "dag" / "odd.dag"
    lines = generation_dag("odd", "odd", 0, [spec], set(), 4).splitlines()
    dag.write_text("\n".join(line for line in lines if not line.startswith("SCRIPT")))
    cluster = schedd.submit_dag(dag, "odd")
    import htcondor2

    queue = htcondor2.Schedd()
    ads = wait_for(lambda: queue.query(constraint=f"DAGManJobId == {cluster}"), "the node is submitted")
    queue.act(htcondor2.JobAction.Remove, f"ClusterId == {cluster}")
    assert unquote(ads[0]["SweepParam_activation"]) == value
    assert (ads[0]["SweepParam_lr"], ads[0]["SweepParam_width"], ads[0]["SweepParam_flag"]) == (1e-300, 2**53, True)


def test_a_half_finished_install_is_never_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    monkeypatch.setattr(install, "_relink", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        install.install_htcondor(lambda _: None)
    assert list((tmp_path / "sweep" / "htcondor").rglob("condor_master"))
    assert install.own_installation() is None
    monkeypatch.undo()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", "/usr/bin:/bin")
    assert install.install_htcondor(lambda _: None) == install.own_installation()
