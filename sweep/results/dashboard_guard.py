"""Lets only readers with a token reach a web application. Standard library only.

The dashboard can delete studies, and every user of an access point can connect to its port.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

TOKEN = "token"  # noqa: S105
"""The query parameter of the address with the token."""

READING = ("GET", "HEAD")

HOSTS = ("127.0.0.1", "localhost")
"""Names under which a browser reaches the dashboard. Another name is that of a web site that points here."""


class DashboardGuard:
    """A WSGI application that passes on to another one only requests that read, and that carry the token.

    The first request has the token in its query, the following ones in a cookie.
    """

    def __init__(self, application: WSGIApplication, token: str, port: int) -> None:
        self._application, self._token = application, token
        # Cookies of all ports of a host are together.
        self._cookie = f"sweep-dashboard-{port}"

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if _host_name(environ.get("HTTP_HOST", "")) not in HOSTS:
            return _refuse(start_response, "403 Forbidden", "Open the address that `sweep dashboard` printed.")
        if environ["REQUEST_METHOD"] not in READING:
            return _refuse(start_response, "405 Method Not Allowed", "The dashboard is read-only.", READING)
        if self._is_token(_query_token(environ)):
            return self._welcome(start_response)
        if self._is_token(_cookie_value(environ, self._cookie)):
            return self._application(environ, start_response)
        message = "Open the address that `sweep dashboard` printed; it ends in a token."
        return _refuse(start_response, "403 Forbidden", message)

    def _is_token(self, text: str) -> bool:
        return secrets.compare_digest(text.encode("utf-8", errors="replace"), self._token.encode())

    def _welcome(self, start_response: StartResponse) -> list[bytes]:
        """Set the cookie, and send the browser to an address without the token, which links cannot give away."""
        headers = [
            ("Location", "/dashboard"),
            ("Set-Cookie", f"{self._cookie}={self._token}; HttpOnly; SameSite=Strict; Path=/"),
            ("Referrer-Policy", "no-referrer"),
            ("Cache-Control", "no-store"),
            ("Content-Length", "0"),
        ]
        start_response("303 See Other", headers)
        return []


def _host_name(host: str) -> str:
    """Return the name in a Host header, '' if it is malformed. An ssh tunnel may have any port."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def _query_token(environ: WSGIEnvironment) -> str:
    try:
        fields = parse_qs(str(environ.get("QUERY_STRING", "")), max_num_fields=20)
    except ValueError:
        return ""
    return fields.get(TOKEN, [""])[0]


def _cookie_value(environ: WSGIEnvironment, name: str) -> str:
    """Return the value of a cookie of a request, '' if it has none."""
    for part in environ.get("HTTP_COOKIE", "").split(";"):
        try:
            cookie = SimpleCookie(part.strip()).get(name)
        except CookieError:
            continue
        if cookie:
            return cookie.value
    return ""


def _refuse(start_response: StartResponse, status: str, message: str, allowed: Iterable[str] = ()) -> list[bytes]:
    text = f"{message}\n".encode()
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(text)))]
    headers += [("Allow", ", ".join(allowed))] if allowed else []
    start_response(status, headers)
    return [text]
