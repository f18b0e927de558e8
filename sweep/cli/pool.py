"""`sweep pool …`: HTCondor on a machine that has none."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from sweep.console import say, wait

app = typer.Typer(no_args_is_help=True, help="HTCondor on this machine: get it, start a personal pool, stop it.")


@app.command()
def install() -> None:
    """Get HTCondor, unless this machine has it; needs no root."""
    from sweep.pool import install as installing

    there = installing.system_installation() or installing.own_installation()
    if there is None:
        with wait("getting HTCondor") as progress:
            there = installing.install_htcondor(progress)
        say(f"HTCondor {there.version} is installed in {there.prefix}. Next: sweep pool start")
    else:
        say(f"HTCondor {there.version} is there already, in {there.prefix}: nothing to install.")


@app.command()
def start(
    slots: Annotated[
        int | None, typer.Option(min=1, help="Pretend to have this many slots, to try things out.")
    ] = None,
) -> None:
    """Start a personal pool; it runs until `sweep pool stop`."""
    from sweep.pool import install as installing
    from sweep.pool import personal, schedd

    if os.environ.get("CONDOR_CONFIG", str(personal.config_file())) != str(personal.config_file()):
        say(f"CONDOR_CONFIG names a pool ({os.environ['CONDOR_CONFIG']}): it is used as it is, nothing to start.")
        return
    if personal.pool_is_running():
        say("The personal pool is running already." + (" Stop it first to change --slots." if slots else ""))
        return
    system = installing.system_installation()
    if system is not None and schedd.schedd_answers():
        say(f"This machine's HTCondor {system.version} answers: it is used as it is, nothing to start.")
        return
    with wait("starting HTCondor") as progress:
        installation = installing.install_htcondor(progress)
        personal.start_pool(installation, slots, progress)
    say("The personal pool runs. Next: sweep init, sweep launch; sweep pool stop ends it.")


@app.command()
def stop() -> None:
    """Stop the personal pool and every job on it; queued jobs stay in its queue."""
    from sweep.pool import personal

    with wait("stopping HTCondor"):
        stopped = personal.stop_pool()
    say("The personal pool is stopped." if stopped else "No personal pool was running.")


@app.command()
def status() -> None:
    """Say which HTCondor is used here, and whether it answers."""
    from sweep.pool import install as installing
    from sweep.pool import schedd
    from sweep.pool.connect import connect

    connect()
    installation = installing.system_installation() or installing.own_installation()
    version = installation.version if installation else "?"
    say(f"HTCondor {version}, configured by {os.environ.get('CONDOR_CONFIG', 'the system')}")
    for slot in schedd.list_slots():
        say(f"{slot['Name']}: {slot['State']}, {slot['TotalSlotCpus']:g} cores, {slot['TotalSlotMemory']} MB")


@app.command()
def env() -> None:
    """Print exports that make condor_q and the rest work in your shell: eval "$(sweep pool env)"."""
    from sweep.errors import PoolError
    from sweep.pool import install as installing
    from sweep.pool import personal

    installation = installing.system_installation() or installing.own_installation()
    if installation is None or not personal.config_file().exists():
        raise PoolError("there is no personal pool on this machine", "Type `sweep pool start`.")
    # HTCondor's tools in Python find the bindings beside the Python that runs sweep.
    folders = [
        str(personal.pool_tools()),
        str(Path(sys.executable).parent),
        str(installation.bin),
        str(installation.sbin),
    ]
    print(f"export CONDOR_CONFIG={shlex.quote(str(personal.config_file()))}")
    print(f"export PATH={shlex.quote(os.pathsep.join(folders))}:$PATH")
