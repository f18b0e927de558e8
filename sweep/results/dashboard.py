"""Runs optuna-dashboard on a study's storage, for this machine only."""

from __future__ import annotations

import getpass
import importlib.util
import socket
from collections.abc import Callable

from sweep.errors import StudyError
from sweep.study.commands import study_command
from sweep.study.study import Study


def serve_dashboard(study: Study, port: int, say: Callable[[str], None]) -> None:
    """Run optuna-dashboard on the loopback interface until Ctrl-C; first print how to open it, also from elsewhere.

    Raises StudyError if optuna-dashboard is missing or the port is in use.
    """
    if importlib.util.find_spec("optuna_dashboard") is None:
        raise StudyError("optuna-dashboard is not installed", "Run: pip install 'htcondor-sweep[dashboard]'")
    import optuna_dashboard

    from sweep.optimizer.storages import open_storage, storage_errors

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            another = port + 1 if port < 65535 else port - 1
            raise StudyError(
                f"port {port} cannot be opened: {error.strerror}",
                f"To use another port, run: {study_command(study, f'dashboard --port {another}')}",
            ) from None
    with storage_errors(study, opening=True):
        storage = open_storage(study, writing=False)
    for line in dashboard_directions(port, getpass.getuser(), socket.getfqdn()):
        say(line)
    optuna_dashboard.run_server(storage, host="127.0.0.1", port=port)


def dashboard_directions(port: int, user: str, host: str) -> list[str]:
    """Return how to open the dashboard, on this machine and from another one."""
    return [
        f"Open http://127.0.0.1:{port}/ on this machine. Ctrl-C ends the dashboard.",
        "To open it on your own machine, run this there, then open the same address:",
        f"    ssh -N -L {port}:127.0.0.1:{port} {user}@{host}",
    ]
