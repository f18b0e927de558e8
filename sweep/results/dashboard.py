"""Runs optuna-dashboard on a study's storage: read-only, and for those who have the address that it prints."""

from __future__ import annotations

import getpass
import importlib.util
import secrets
import socket
from collections.abc import Callable
from socketserver import ThreadingMixIn
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

from sweep.errors import StudyError
from sweep.results.dashboard_guard import TOKEN, DashboardGuard
from sweep.study.commands import study_command
from sweep.study.study import Study


class _Server(ThreadingMixIn, WSGIServer):
    """A server with a thread for each connection, so that none of them can hold up the others."""

    daemon_threads = True


class _Handler(WSGIRequestHandler):
    timeout = 60
    """Seconds after which a silent connection ends."""

    def log_message(self, format: str, *args: object) -> None:
        """Print nothing: requests contain the token, and whatever other users of this machine send."""


def serve_dashboard(study: Study, port: int, say: Callable[[str], None]) -> None:
    """Run optuna-dashboard on the loopback interface until Ctrl-C; first print how to open it, also from elsewhere.

    Raises StudyError if optuna-dashboard is missing or the port is in use.
    """
    if importlib.util.find_spec("optuna_dashboard") is None:
        raise StudyError("optuna-dashboard is not installed", "Run: pip install 'htcondor-sweep[dashboard]'")
    import optuna_dashboard

    from sweep.optimizer.storages import open_storage, storage_errors

    with _open_port(study, port) as server:
        with storage_errors(study, opening=True):
            storage = open_storage(study, writing=False)
        token = secrets.token_urlsafe(32)
        server.set_app(DashboardGuard(optuna_dashboard.wsgi(storage), token, port))
        for line in dashboard_directions(port, token, getpass.getuser(), socket.getfqdn()):
            say(line)
        server.serve_forever()


def _open_port(study: Study, port: int) -> WSGIServer:
    """Return a server that listens on this machine alone. Raises StudyError if the port is in use."""
    try:
        return _Server(("127.0.0.1", port), _Handler)
    except OSError as error:
        another = port + 1 if port < 65535 else port - 1
        raise StudyError(
            f"port {port} cannot be opened: {error.strerror}",
            f"To use another port, run: {study_command(study, f'dashboard --port {another}')}",
        ) from None


def dashboard_directions(port: int, token: str, user: str, host: str) -> list[str]:
    """Return how to open the dashboard, on this machine and from another one."""
    return [
        f"Open http://127.0.0.1:{port}/?{TOKEN}={token} on this machine. Ctrl-C ends the dashboard.",
        "The dashboard is read-only. Only this address opens it, so keep the address to yourself.",
        "To open it on your own machine, run this there, then open the same address:",
        f"    ssh -N -L {port}:127.0.0.1:{port} {user}@{host}",
    ]
