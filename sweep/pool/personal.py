"""Starts and stops a personal pool: all daemons of an HTCondor, on this machine, for this user."""

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
    """Return the folder with the pool's configuration, logs, queue and jobs."""
    return state_directory() / "pool"


def pool_tools() -> Path:
    """Return the folder of commands that come before HTCondor's own on the PATH of `sweep pool env`."""
    return pool_directory() / "bin"


def config_file() -> Path:
    """Return the path of the pool's HTCondor configuration, which CONDOR_CONFIG names."""
    return pool_directory() / "condor_config"


def pool_processes() -> dict[int, str]:
    """Return the names of the pool's daemons and jobs by process id. Their environment identifies them."""
    marks = (f"CONDOR_CONFIG={config_file()}".encode(), f"_CONDOR_SCRATCH_DIR={pool_directory()}/".encode())
    found: dict[int, str] = {}
    if not Path("/proc").is_dir():  # Not Linux, so there is no personal pool.
        return found
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        try:
            environment = (entry / "environ").read_bytes().split(b"\0")
            name = (entry / "comm").read_text().strip()
            zombie = (entry / "stat").read_text().rpartition(")")[2].split()[0] == "Z"
        except OSError:  # The process is another user's, or has just ended.
            continue
        ours = any(value == marks[0] or value.startswith(marks[1]) for value in environment)
        # A shell may have the variables of `sweep pool env`. What the master started also names its ancestor.
        if ours and not zombie and (name == "condor_master" or _started_by_condor(environment)):
            found[int(entry.name)] = name
    return found


def _started_by_condor(environment: list[bytes]) -> bool:
    return any(value.startswith((b"_CONDOR_ANCESTOR_", b"CONDOR_INHERIT=")) for value in environment)


def pool_is_running() -> bool:
    """Return whether this user's personal pool runs."""
    return "condor_master" in pool_processes().values()


def start_pool(installation: Installation, slots: int | None, say: Callable[[str], None]) -> None:
    """Start the pool unless it runs, and wait until schedd and startd answer. `say` shows each step.

    `slots` is the number of slots, None for HTCondor's default. Raises PoolError with the end of the master's log if
    the pool does not start.
    """
    with locked(pool_directory() / "start.lock", wait=True):
        if pool_is_running():
            return
        user = pool_user()
        _prepare_folder()
        _write_configuration(installation, slots, user)
        say(f"starting HTCondor {installation.version} in {pool_directory()}")
        _wait_until_ready(_start_master(installation, user), installation, say)


def _prepare_folder() -> None:
    for name in ("log", "spool", "execute", "lock", "run"):
        (pool_directory() / name).mkdir(parents=True, exist_ok=True)
    pool_directory().chmod(0o700)
    # Clients would use the addresses of an earlier run.
    for stale in [*(pool_directory() / "log").glob(".*_address"), *(pool_directory() / "spool").glob(".*_address")]:
        stale.unlink()


def _write_configuration(installation: Installation, slots: int | None, user: pwd.struct_passwd) -> None:
    text = render(
        "personal_pool.config.j2",
        installation=installation,
        folder=pool_directory(),
        slots=slots,
        user=user.pw_name,
        as_root=os.getuid() == 0,
        apptainer=shutil.which("apptainer") or shutil.which("singularity"),
    )
    write_text(config_file(), text)
    # condor_watch_q shows the jobs of the user who is logged in, but root's jobs belong to `user`.
    program = shlex.quote(str(installation.bin / WATCH_Q))
    watch = render("condor_watch_q.sh.j2", user=user.pw_name, program=program)
    write_text(pool_tools() / WATCH_Q, watch, mode=0o755)


def pool_user() -> pwd.struct_passwd:
    """Return the user whom the daemons run as: this user, or for root another one in a user namespace.

    HTCondor runs no jobs as root. The other user is never nobody: in the namespace, every user of the machine but root
    appears as nobody, so HTCondor would let all of them in. Raises PoolError if there can be no user namespace.
    """
    if os.getuid() != 0:
        return pwd.getpwuid(os.getuid())
    overflow = int(Path("/proc/sys/kernel/overflowuid").read_text())
    other = next(user for user in pwd.getpwall() if user.pw_uid not in (0, overflow) and user.pw_name != "nobody")
    if shutil.which("unshare") is None:
        raise PoolError("as root, a personal pool needs the command unshare", "Run: apt-get install util-linux")
    probe = subprocess.run([*user_namespace(other), "true"], capture_output=True, text=True, check=False)
    if probe.returncode:
        raise PoolError(
            "HTCondor runs no jobs as root, and this machine does not allow the user namespace that sweep needs "
            f"({probe.stderr.strip()})",
            "Run the command again as an ordinary user, or allow user namespaces (sysctl user.max_user_namespaces).",
        )
    return other


def user_namespace(user: pwd.struct_passwd) -> list[str]:
    """Return the start of a command line that runs a program as `user` in a user namespace."""
    return ["unshare", "--user", f"--map-user={user.pw_uid}", f"--map-group={user.pw_gid}"]


def _start_master(installation: Installation, user: pwd.struct_passwd) -> subprocess.Popen[bytes]:
    command = [str(installation.sbin / "condor_master"), "-f"]
    if os.getuid() == 0:
        command = [*user_namespace(user), *command]
    # The daemons, DAGMan and its scripts keep this environment, so it must not hold the user's secrets.
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
            start_new_session=True,  # The pool outlives the terminal.
        )


def _wait_until_ready(master: subprocess.Popen[bytes], installation: Installation, say: Callable[[str], None]) -> None:
    bindings.use_pool(config_file(), installation.bin)
    began = last_said = time.monotonic()
    while not (schedd.schedd_answers() and schedd.list_slots()):
        now = time.monotonic()
        status = master.poll()
        if status is not None or now - began > START_SECONDS:
            log = pool_directory() / "log"
            evidence = tail(log / "master.err") + "\n" + tail(log / "MasterLog", 10)
            kill_pool()
            why = f"timed out after {START_SECONDS} s" if status is None else f"condor_master exited with {status}"
            raise PoolError(f"the personal pool did not start: {why}\n{evidence.strip()}", f"Read the logs in {log}.")
        if now - last_said > 5:
            say(f"waiting for schedd and startd to answer, {now - began:.0f} s")
            last_said = now
        time.sleep(0.2)


def stop_pool() -> bool:
    """Stop the pool and all of its jobs. Returns whether a pool was running.

    Jobs get SIGTERM and time to write a checkpoint. When the pool starts again, it runs them again.
    Raises PoolError if a process does not end.
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
    """Kill all of the pool's processes, also jobs whose daemons have ended. Raises PoolError if one does not end."""
    deadline = time.monotonic() + STOP_SECONDS
    while (left := pool_processes()) and time.monotonic() < deadline:
        for pid in left:
            _signal(pid, signal.SIGKILL)
        time.sleep(0.1)
    if left:
        raise PoolError(f"the pool's processes did not end: {left}", f"Run: ps -fp {','.join(map(str, left))}")


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
