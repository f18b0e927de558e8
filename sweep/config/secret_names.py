"""Which names of variables and options hold secrets: decided by their last words. Pure."""

from __future__ import annotations

import itertools
import re

SECRETS = {
    "apikey", "authorization", "bearer", "cookie", "credential", "credentials", "jwt", "passphrase", "passwd",
    "password", "passwords", "secret", "secrets", "webhook",
}  # fmt: skip
"""Words that make a name secret wherever they stand, as in SECRET_KEY_BASE, but before a word of PLACES."""

ENDINGS = {"auth", "key", "pass", "passcode", "pat", "pw", "pwd", "token"}
"""Words that make a name secret at its end, after a word that is not of HARMLESS."""

ALONE = {"auth", "pass", "pat", "token"}
"""Those of ENDINGS that are a whole name of a secret: PWD is the working directory, and KEY may be any key."""

KEYS = {"access", "account", "api", "app", "client", "deploy", "encryption", "license", "master", "private", "service",
        "signing", "ssh"}  # fmt: skip
"""Words that make `key` and `keys` secret wherever they stand, as in API_KEY_PROD."""

PLACES = {
    "count", "dim", "dir", "directory", "enabled", "env", "expiry", "field", "file", "filename", "folder", "format",
    "id", "ids", "kind", "len", "length", "limit", "manager", "method", "mode", "name", "path", "policy", "provider",
    "scheme", "size", "timeout", "ttl", "type", "url", "var", "version",
}  # fmt: skip
"""Last words of names that say where a secret is, or something about it: PASSWORD_FILE, SECRET_NAME."""

HARMLESS = {
    # Special tokens of language models, and positions.
    "begin", "bos", "class", "cls", "end", "eos", "mask", "pad", "padding", "per", "sep", "special", "start", "stop",
    "unk", "next", "last", "new", "prefix", "image",
    # Keys of tables, dictionaries and batches, and what is published.
    "cache", "column", "data", "dict", "foreign", "group", "index", "input", "label", "map", "metric", "monitor",
    "output", "partition", "primary", "public", "query", "row", "sort", "state", "target", "text",
    # Passes over data, filters, and working directories.
    "backward", "band", "first", "forward", "high", "low", "multi", "one", "second", "single", "two", "current", "init",
    "initial", "old",
    # Numbers of something.
    "max", "min", "n", "num", "number", "total",
}  # fmt: skip
"""Words before one of ENDINGS that make it mean something else: PAD_TOKEN, SORT_KEY, LOW_PASS."""

GLUED = re.compile(r".*(api|access|auth|private|secret)key|.*(passphrase|passwd|password|secret|token)|ssh_?pass")
"""Words that end in another one without a break: PGPASSWORD, hftoken."""


def is_secret(name: str) -> bool:
    """Return whether a variable or option of this name probably holds a secret, like WANDB_API_KEY or PGPASSWORD."""
    words = name_words(name)
    if not words or (len(words) > 1 and words[-1] in PLACES and "webhook" not in words):
        return False
    if SECRETS & set(words) or GLUED.fullmatch(words[-1]):
        return not (words[-1] == "token" and _is_harmless(words))
    if any(first in KEYS and second in ("key", "keys") for first, second in itertools.pairwise(words)):
        return True
    if len(words) == 1:
        return words[0] in ALONE
    return words[-1] in ENDINGS and not _is_harmless(words)


def _is_harmless(words: list[str]) -> bool:
    return len(words) > 1 and words[-2] in HARMLESS


def name_words(name: str) -> list[str]:
    """Return the words of a name in lower case: they end at _, -, other signs, digits, and where the case changes."""
    spaced = re.sub(r"([a-z])([A-Z])|([A-Z])([A-Z][a-z])", r"\1\3 \2\4", name)
    return [word.lower() for word in re.findall(r"[A-Za-z]+", spaced)]
