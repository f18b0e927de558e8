"""`sweep dashboard` serves the study on the loopback interface alone, read-only, to those who have its address."""

from __future__ import annotations

import http.client
import os
import re
import socket
import subprocess
import sys

import pytest

from sweep.errors import StudyError
from sweep.results import dashboard
from sweep.study.study import Study
from tests.actions import wait_for


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def ask(port: int, method: str, path: str, cookie: str = "") -> http.client.HTTPResponse | None:
    """Return the server's reply with its body read, None while there is no server."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path, headers={"Cookie": cookie} if cookie else {})
        reply = connection.getresponse()
        reply.read()
        return reply
    except OSError:
        return None
    finally:
        connection.close()


def body(port: int, path: str, cookie: str) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path, headers={"Cookie": cookie})
    content = connection.getresponse().read()
    connection.close()
    return content


@pytest.mark.processes
def test_it_shows_the_study_to_its_user_and_lets_nobody_change_it(study: Study) -> None:
    port = free_port()
    command = [sys.executable, "-u", "-m", "sweep", "dashboard", "--port", str(port)]
    place = str(dashboard.__file__).rpartition("/sweep/")[0]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": place}
    ) as process:
        try:
            assert process.stdout is not None
            lines = [process.stdout.readline() for _ in range(4)]
            address = re.match(rf"Open http://127\.0\.0\.1:{port}(/\?token=\S+) on this machine\.", lines[0])
            assert address
            assert re.match(rf" +ssh -N -L {port}:127\.0\.0\.1:{port} ", lines[3])
            stranger = wait_for(lambda: ask(port, "GET", "/api/studies"), "the server answers")
            assert stranger.status == 403
            # A stranger who sends nothing holds up nobody.
            with socket.create_connection(("127.0.0.1", port)):
                welcome = ask(port, "GET", address[1])
            assert welcome
            cookie = str(welcome.getheader("Set-Cookie")).partition(";")[0]
            assert study.storage_study.encode() in body(port, "/api/studies", cookie)
            assert b"<html" in body(port, str(welcome.getheader("Location")), cookie)
            for method, path in [
                ("DELETE", "/api/studies/1"),
                ("POST", "/api/studies"),
                ("PUT", "/api/studies/1/note"),
            ]:
                refused = ask(port, method, path, cookie)
                assert refused
                assert refused.status == 405
            assert study.storage_study.encode() in body(port, "/api/studies", cookie)
        finally:
            process.terminate()


def test_a_port_that_is_taken_is_said(study: Study) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(StudyError, match=f"port {port}"):
            dashboard.serve_dashboard(study, port, lambda _: None)
