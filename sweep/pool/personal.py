"""A personal pool: real HTCondor, all daemons on this machine, for this user, found again by its configuration."""

from __future__ import annotations

import os
import pwd
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from sweep.errors import PoolError
from sweep.pool import bindings, schedd
from sweep.pool.install import Installation
from sweep.system.directories import state_directory
from sweep.system.files import locked, tail, write_text
from sweep.templates import render

START_SECONDS = 60


STOP_SECONDS = 30


WATCH_Q = "condor_watch_q"


def pool_directory() -> Path:
    return state_directory() / "pool"


def pool_tools() -> Path:
    """Folder of commands that come before HTCondor's own on the PATH of `sweep pool env`."""
    return pool_directory() / "bin"


def config_file() -> Path:
    return pool_directory() / "condor_config"


def pool_processes() -> dict[int, str]:
    """The pool's processes, daemons and jobs: name by process id, found by their environment."""
    marks = (f"CONDOR_CONFIG={config_file()}".encode(), f"_CONDOR_SCRATCH_DIR={pool_directory()}/".encode())
    found: dict[int, str] = {}
    if not Path("/proc").is_dir():  # no Linux, so no personal pool
        return found
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            environment = (entry / "environ").read_bytes().split(b"\0")
            name = (entry / "comm").read_text().strip()
            zombie = (entry / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
        except OSError:  # another user's, or just gone
            continue
        ours = any(value == marks[0] or value.startswith(marks[1]) for value in environment)
        # A shell or a sweep command may bear `sweep pool env`; what the master started also names its ancestor.
        if ours and not zombie and (name == "condor_master" or _started_by_condor(environment)):
            found[int(entry.name)] = name
    return found


def _started_by_condor(environment: list[bytes]) -> bool:
    return any(value.startswith((b"_CONDOR_ANCESTOR_", b"CONDOR_INHERIT=")) for value in environment)


def pool_is_running() -> bool:
    return "condor_master" in pool_processes().values()


def start_pool(installation: Installation, slots: int | None, say: Callable[[str], None]) -> None:
    """Start the pool and wait until schedd and startd answer.

    Raises PoolError when it does not come up, with the end of the master's log.
    """
    with locked(pool_directory() / "start.lock", wait=True):
        if pool_is_running():
            return
        identity = run_as()
        for name in ("log", "spool", "execute", "lock", "run"):
            (pool_directory() / name).mkdir(parents=True, exist_ok=True)
        pool_directory().chmod(0o700)
        # Addresses of an earlier run would be taken for this one's.
        for stale in [*(pool_directory() / "log").glob(".*_address"), *(pool_directory() / "spool").glob(".*_address")]:
            stale.unlink()
        text = render(
            "personal_pool.config.j2",
            installation=installation,
            folder=pool_directory(),
            slots=slots,
            user=identity.pw_name,
            as_root=os.getuid() == 0,
            apptainer=shutil.which("apptainer") or shutil.which("singularity"),
        )
        write_text(config_file(), text)
        # condor_watch_q looks for jobs of whoever is logged in; root's belong to the stand-in.
        watch = render(
            "condor_watch_q.sh.j2", user=identity.pw_name, program=shlex.quote(str(installation.bin / WATCH_Q))
        )
        write_text(pool_tools() / WATCH_Q, watch, mode=0o755)
        say(f"starting HTCondor {installation.version} in {pool_directory()}")
        master = _start_master(installation, identity)
        _wait_until_ready(master, installation, say)


def run_as() -> pwd.struct_passwd:
    """Whom the daemons run as: this user, or, since HTCondor runs no job as root, another in a user namespace.

    Never nobody: inside, every user of the machine but root appears as nobody, and would be let in.
    """
    if os.getuid() != 0:
        return pwd.getpwuid(os.getuid())
    overflow = int(Path("/proc/sys/kernel/overflowuid").read_text())
    stand_in = next(user for user in pwd.getpwall() if user.pw_uid not in (0, overflow) and user.pw_name != "nobody")
    if shutil.which("unshare") is None:
        raise PoolError("as root the pool needs the command `unshare`", "apt-get install util-linux")
    probe = subprocess.run([*user_namespace(stand_in), "true"], capture_output=True, text=True, check=False)
    if probe.returncode:
        raise PoolError(
            "HTCondor runs no job as root, and this machine allows no user namespace to run it in "
            f"({probe.stderr.strip()})",
            "Type it again as an ordinary user, or allow user namespaces (sysctl user.max_user_namespaces).",
        )
    return stand_in


def user_namespace(identity: pwd.struct_passwd) -> list[str]:
    return ["unshare", "--user", f"--map-user={identity.pw_uid}", f"--map-group={identity.pw_gid}"]


def _start_master(installation: Installation, identity: pwd.struct_passwd) -> subprocess.Popen[bytes]:
    command = [str(installation.sbin / "condor_master"), "-f"]
    if os.getuid() == 0:
        command = [*user_namespace(identity), *command]
    # The daemons keep this environment, and so do DAGMan and its scripts: nothing of the user's that may be secret.
    kept = {key: os.environ[key] for key in ("HOME", "LANG", "LC_ALL", "TZ", "XDG_CACHE_HOME") if key in os.environ}
    environment = {
        **kept,
        "PATH": f"{installation.bin}:{installation.sbin}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "CONDOR_CONFIG": str(config_file()),
    }
    with (pool_directory() / "log" / "master.err").open("wb") as errors:
        return subprocess.Popen(
            command,
            env=environment,
            cwd=pool_directory(),
            stdin=subprocess.DEVNULL,
            stdout=errors,
            stderr=errors,
            start_new_session=True,  # survives the terminal's end
        )


def _wait_until_ready(master: subprocess.Popen[bytes], installation: Installation, say: Callable[[str], None]) -> None:
    bindings.use_pool(config_file(), installation.bin)
    began = told = time.monotonic()
    while not (schedd.schedd_answers() and schedd.list_slots()):
        now = time.monotonic()
        if master.poll() is not None or now - began > START_SECONDS:
            log = pool_directory() / "log"
            evidence = tail(log / "master.err") + "\n" + tail(log / "MasterLog", 10)
            kill_pool()
            raise PoolError(f"the personal pool did not come up:\n{evidence.strip()}", f"Read the logs in {log}.")
        if now - told > 5:
            say(f"waiting for schedd and startd to answer, {now - began:.0f} s")
            told = now
        time.sleep(0.2)


def stop_pool() -> bool:
    """Stop the pool and all of its jobs, leaving no process; False when none was running.

    Jobs get SIGTERM and a while to leave a checkpoint; started again, the pool goes on with them.
    """
    if not pool_processes():
        return False
    for number in (signal.SIGTERM, signal.SIGQUIT):  # graceful shutdown, fast shutdown
        for pid in _masters():
            _signal(pid, number)
        deadline = time.monotonic() + STOP_SECONDS
        while _masters() and time.monotonic() < deadline:
            time.sleep(0.1)
    kill_pool()
    return True


def _masters() -> list[int]:
    return [pid for pid, name in pool_processes().items() if name == "condor_master"]


def kill_pool() -> None:
    """End whatever of the pool still runs, jobs that outlived their daemons too."""
    deadline = time.monotonic() + STOP_SECONDS
    while (left := pool_processes()) and time.monotonic() < deadline:
        for pid in left:
            _signal(pid, signal.SIGKILL)
        time.sleep(0.1)
    if left:
        raise PoolError(f"processes of the pool do not end: {left}", "Look at them with `ps`.")


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
