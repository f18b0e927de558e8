"""`sweep pool …`: HTCondor on a machine that has none."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from sweep.console import say, wait

app = typer.Typer(no_args_is_help=True, help="Install HTCondor on this machine, and start or stop a personal pool.")


@app.command("install")
def pool_install() -> None:
    """Download HTCondor, unless this machine has it. You need not be root."""
    from sweep.pool import install

    found = install.find_installation()
    if found:
        say(f"HTCondor {found.version} is installed already, in {found.prefix}: nothing to install.")
        return
    with wait("getting HTCondor") as progress:
        found = install.install_htcondor(progress)
    say(f"HTCondor {found.version} is installed in {found.prefix}. Next: sweep pool start")


@app.command("start")
def pool_start(
    slots: Annotated[
        int | None,
        typer.Option(min=1, help="Number of slots, even if the machine has fewer cores. For experiments."),
    ] = None,
) -> None:
    """Start a personal pool. It runs until `sweep pool stop`."""
    from sweep.pool import install, personal, schedd

    if os.environ.get("CONDOR_CONFIG", str(personal.config_file())) != str(personal.config_file()):
        say(f"CONDOR_CONFIG names another pool ({os.environ['CONDOR_CONFIG']}). sweep uses it: nothing to start.")
        return
    if personal.pool_is_running():
        say("The personal pool is running already.")
        if slots:
            say(f"To change its slots, run: sweep pool stop && sweep pool start --slots {slots}")
        return
    system = install.system_installation()
    if system is not None and schedd.schedd_answers():
        say(f"HTCondor {system.version} of this machine is running. sweep uses it: nothing to start.")
        return
    with wait("starting HTCondor") as progress:
        personal.start_pool(install.install_htcondor(progress), slots, progress)
    say("The personal pool is running. To stop it, run: sweep pool stop")
    say("Next: sweep init")


@app.command("stop")
def pool_stop() -> None:
    """Stop the personal pool and all its jobs. Queued jobs stay in its queue."""
    from sweep.pool import personal

    with wait("stopping HTCondor"):
        stopped = personal.stop_pool()
    say("Stopped the personal pool." if stopped else "No personal pool was running.")


@app.command("status")
def pool_status() -> None:
    """Show which HTCondor sweep uses here, and its slots."""
    from sweep.pool import install, schedd
    from sweep.pool.connect import connect

    connect()
    installation = install.find_installation()
    version = installation.version if installation else "?"
    say(f"HTCondor {version}, configured by {os.environ.get('CONDOR_CONFIG', 'the system')}")
    for slot in schedd.list_slots():
        say(f"{slot['Name']}: {slot['State']}, {slot['TotalSlotCpus']:g} cores, {slot['TotalSlotMemory']} MB")


@app.command("env")
def pool_env() -> None:
    """Print shell exports for condor_q and HTCondor's other tools. Run: eval "$(sweep pool env)"."""
    from sweep.errors import PoolError
    from sweep.pool import install, personal

    installation = install.find_installation()
    if installation is None or not personal.config_file().exists():
        raise PoolError("there is no personal pool on this machine", "To start one, run: sweep pool start")
    # HTCondor's tools in Python find the bindings beside the Python that runs sweep.
    folders = [
        str(personal.pool_tools()),
        str(Path(sys.executable).parent),
        str(installation.bin),
        str(installation.sbin),
    ]
    print(f"export CONDOR_CONFIG={shlex.quote(str(personal.config_file()))}")
    print(f"export PATH={shlex.quote(os.pathsep.join(folders))}:$PATH")
