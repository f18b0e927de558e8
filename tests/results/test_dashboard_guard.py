"""Who may read the dashboard, and that nobody may write."""

from __future__ import annotations

from typing import Any

import pytest

from sweep.results.dashboard_guard import DashboardGuard

SECRET = "t0ken-of_43-characters"  # noqa: S105

COOKIE = f"sweep-dashboard-8080={SECRET}"


def request(method: str = "GET", query: str = "", cookie: str = "", host: str = "127.0.0.1:8080") -> tuple[str, Any]:
    """Return the status and the headers with which the guard answers; the guarded application says 200."""
    answers: list[tuple[str, Any]] = []

    def application(_: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [])
        return [b"the study"]

    environ = {"REQUEST_METHOD": method, "QUERY_STRING": query, "HTTP_COOKIE": cookie, "HTTP_HOST": host}
    guard = DashboardGuard(application, SECRET, 8080)
    body = b"".join(guard(environ, lambda status, headers, *_: answers.append((status, dict(headers)))))  # type: ignore[arg-type]
    assert (body == b"the study") == (answers[0][0] == "200 OK")
    return answers[0]


@pytest.mark.parametrize("host", ["127.0.0.1:8080", "localhost:9999", "LOCALHOST"])
def test_a_reader_with_the_token(host: str) -> None:
    status, headers = request(query=f"token={SECRET}", host=host)
    assert status == "303 See Other"
    assert SECRET not in headers["Location"]
    assert headers["Set-Cookie"] == f"{COOKIE}; HttpOnly; SameSite=Strict; Path=/"
    for method in ("GET", "HEAD"):
        assert request(method, cookie=f"other=1; {COOKIE}", host=host)[0] == "200 OK"


@pytest.mark.parametrize(
    ("query", "cookie"),
    [
        ("", ""),
        ("token=", ""),
        (f"token={SECRET}x", ""),
        ("token=%ff%00ä", ""),
        ("&".join(100 * ["token=x"]), ""),
        ("", "sweep-dashboard-8080="),
        ("", f"sweep-dashboard-8081={SECRET}"),
        ("", "sweep-dashboard-8080=ü; =; \x00; sweep-dashboard-8080"),
    ],
)
def test_a_reader_without_the_token(query: str, cookie: str) -> None:
    assert request(query=query, cookie=cookie)[0] == "403 Forbidden"


@pytest.mark.parametrize("method", ["DELETE", "POST", "PUT", "PATCH", "OPTIONS", "PROXY", "get"])
def test_nobody_writes(method: str) -> None:
    status, headers = request(method, query=f"token={SECRET}", cookie=COOKIE)
    assert status == "405 Method Not Allowed"
    assert headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("host", ["evil.example:8080", "127.0.0.1.evil.example", "", "[::1", "0.0.0.0:8080", "x@y"])
def test_a_web_site_that_points_here(host: str) -> None:
    assert request(query=f"token={SECRET}", cookie=COOKIE, host=host)[0] == "403 Forbidden"
