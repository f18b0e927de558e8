"""Finds secrets in a study file or a site file: names that hold one, and addresses with a password or a key. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any
from urllib.parse import unquote

from sweep.config.pydantic_errors import Location, key_name
from sweep.config.secret_names import HARMLESS, is_secret, name_words

ADVICE = (
    "Everybody can read what is in a study file, a job or its ad. Put the secret into a file that only you can read "
    "(chmod 600), name that file in [trainer] inputs, and let your program read it. For trackers, see docs/trackers.md."
)
"""Where a secret may stand instead."""

NAMED = {(section, key) for section in ("job", "resumable") for key in ("attributes", "submit")}
NAMED.add(("trainer", "environment"))
"""The tables whose keys name values of a job."""

CHECKED_ELSEWHERE = {("study", "storage"), ("tracking", "mlflow")}
"""Keys whose own checks say where the password belongs."""

ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://(?=(\S*))")

LOGIN_SCHEMES = re.compile(r"(.*\+)?(https?|ftps?|davs?|osdf|pelican|stash|docker|oras)", re.IGNORECASE)
"""Schemes of addresses in which a user alone is a secret, because it is a token. In ssh://git@host it is none."""

DIGEST = re.compile(r"sha\d+:[0-9a-fA-F]+")
"""What follows the @ in the name of a container image."""

QUERY_WORDS = {"auth", "key", "pass", "pw", "pwd", "sas", "sig", "signature", "token"}
"""Last words of the options of an address that let everybody in who has the address."""


def secret_mistakes(table: Mapping[str, Any]) -> list[str]:
    """Return which keys of a file hold a secret, each as `key: what is wrong`. No message repeats the secret."""
    found = []
    for location, value in _entries(table, ()):
        if location[:2] in NAMED and len(location) == 3 and is_secret(str(location[2])):
            found.append(f"{key_name(location[:2])}: must not have {location[2]}, which looks like a secret")
        elif isinstance(value, str) and location not in CHECKED_ELSEWHERE and (what := secret_in_address(value)):
            found.append(f"{key_name(location)}: must not have an address with {what}")
        elif location[:1] == ("search",) and isinstance(value, str) and is_secret(str(location[1])):
            found.append(f"[search] {location[1]}: looks like a secret")
    found += [f"[trainer] command: must not have {name}, which looks like a secret" for name in _options(table)]
    return list(dict.fromkeys(found))


def _options(table: Mapping[str, Any]) -> Iterator[str]:
    """Yield the options of the command that have a secret as their value, as in --api-key=… or --token …"""
    trainer = table.get("trainer")
    command = trainer.get("command") if isinstance(trainer, Mapping) else None
    words = [word for _, word in _entries(command, ()) if isinstance(word, str)]
    for word, following in pairwise([*words, ""]):
        name, sign, value = word.partition("=")
        value = value if sign else following
        if (sign or word.startswith("--")) and value and value[0] not in "-{" and is_secret(name.lstrip("-")):
            yield name


def _entries(value: Any, location: Location) -> Iterator[tuple[Location, Any]]:
    """Yield all entries of a table, and of the tables and lists in it, that are no tables or lists themselves."""
    if isinstance(value, Mapping):
        for key, entry in value.items():
            yield from _entries(entry, (*location, key))
    elif isinstance(value, list):
        for position, entry in enumerate(value):
            yield from _entries(entry, (*location, position))
    else:
        yield location, value


def secret_in_address(text: str) -> str:
    """Return what makes an address in this text a secret: a user or password, or an option; '' if nothing does."""
    for match in ADDRESS.finditer(text):
        if _has_login(match[1], match[2]):
            return "a user or password"
        for option in re.split(r"[?&;#]", match[2])[1:]:
            name, _, value = option.partition("=")
            if value and not re.fullmatch(r"\{\w+\}", value) and _is_secret_option(unquote(name)):
                return f"the option {unquote(name)!r}, which looks like a secret"
    return ""


def _has_login(scheme: str, rest: str) -> bool:
    """Return whether the part of an address after :// begins with a secret login."""
    authority = re.split(r"[/?#\\]", rest)[0]
    login, sign, host = authority.rpartition("@")
    if sign:
        return not DIGEST.fullmatch(host) and (":" in login or bool(LOGIN_SCHEMES.fullmatch(scheme)))
    # A password may have a /: then the port of the host that seems to be there is no number.
    return "@" in rest and re.search(r"^[^\[]*:\d*[^\d]", authority) is not None


def _is_secret_option(name: str) -> bool:
    words = name_words(name)
    is_key = bool(words) and (words[-1] in QUERY_WORDS or words[-1].endswith(("key", "signature")))
    return is_secret(name) or (is_key and not set(words[-2:-1]) & HARMLESS)
