"""`sweep dashboard` serves the study on the loopback interface alone."""

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


def fetched(port: int, path: str) -> bytes | None:
    """What the server says, None while there is none."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().read()
    except OSError:
        return None
    finally:
        connection.close()


@pytest.mark.processes
def test_it_serves_the_study_to_this_machine(study: Study) -> None:
    port = free_port()
    command = [sys.executable, "-u", "-m", "sweep", "dashboard", "--port", str(port)]
    place = str(dashboard.__file__).rpartition("/sweep/")[0]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env=os.environ | {"PYTHONPATH": place}
    ) as process:
        try:
            assert process.stdout is not None
            lines = [process.stdout.readline() for _ in range(3)]
            assert lines[0].startswith(f"Open http://127.0.0.1:{port}/ on this machine.")
            assert re.match(rf" +ssh -N -L {port}:127\.0\.0\.1:{port} ", lines[2])
            page = wait_for(lambda: fetched(port, "/api/studies"), "the page is served")
            assert study.storage_study.encode() in page
        finally:
            process.terminate()


def test_a_port_that_is_taken_is_said(study: Study) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(StudyError, match=f"port {port}"):
            dashboard.serve_dashboard(study, port, lambda _: None)
