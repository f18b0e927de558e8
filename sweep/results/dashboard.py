"""optuna-dashboard on a study's storage, for this machine alone."""

from __future__ import annotations

import getpass
import importlib.util
import socket
from collections.abc import Callable

from sweep.errors import StudyError
from sweep.study.study import Study


def serve_dashboard(study: Study, port: int, say: Callable[[str], None]) -> None:
    """Serve it on the loopback interface until Ctrl-C; first says how to reach it, also from afar.

    Raises StudyError where optuna-dashboard is missing or the port is taken.
    """
    if importlib.util.find_spec("optuna_dashboard") is None:
        raise StudyError("optuna-dashboard is not installed", "pip install 'htcondor-sweep[dashboard]'")
    import optuna_dashboard

    from sweep.optimizer.storages import open_storage, storage_errors

    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise StudyError(f"port {port}: {error.strerror}", f"Choose another: --port {port + 1}") from None
    with storage_errors(study, opening=True):
        storage = open_storage(study, writing=False)
    for line in dashboard_directions(port, getpass.getuser(), socket.getfqdn()):
        say(line)
    optuna_dashboard.run_server(storage, host="127.0.0.1", port=port)


def dashboard_directions(port: int, user: str, host: str) -> list[str]:
    """How to reach it."""
    return [
        f"http://127.0.0.1:{port}/ on this machine; Ctrl-C ends it.",
        f"From your own machine: ssh -N -L {port}:127.0.0.1:{port} {user}@{host}, and open the same address there.",
    ]
