"""Chooses the HTCondor pool that this process talks to."""

from __future__ import annotations

import os

from sweep.errors import PoolError
from sweep.pool import install, personal
from sweep.pool.bindings import use_pool
from sweep.pool.schedd import schedd_answers


def connect() -> None:
    """Choose the pool: the one that CONDOR_CONFIG names, else a running personal pool, else the machine's own.

    Raises PoolError if there is none or its schedd does not answer.
    """
    personal_config = str(personal.config_file())
    configured = os.environ.get("CONDOR_CONFIG", personal_config)
    installation = install.find_installation()
    if installation is None:
        raise PoolError(
            "there is no HTCondor on this machine",
            "Log in to an access point, or run: sweep pool install && sweep pool start",
        )
    if configured == personal_config:
        if personal.pool_is_running():
            use_pool(personal.config_file(), installation.bin)
        elif installation.ours:
            raise PoolError("the personal pool is not running", "Run: sweep pool start")
    if not schedd_answers():
        raise PoolError(
            "HTCondor's schedd does not answer",
            "On an access point, ask its administrators. For a personal pool, run: sweep pool stop && sweep pool start",
        )


def is_personal() -> bool:
    """Return whether this process uses the personal pool."""
    return os.environ.get("CONDOR_CONFIG") == str(personal.config_file())


def poll_seconds() -> float:
    """Return the seconds between two looks at a sweep: more on an access point, which others use too."""
    return 1.0 if is_personal() else 5.0
