"""Chooses the HTCondor pool that this process talks to."""

from __future__ import annotations

import os

from sweep.errors import PoolError
from sweep.pool import install, personal
from sweep.pool.bindings import use_pool
from sweep.pool.schedd import schedd_answers


def connect() -> None:
    """Choose the pool: the one that CONDOR_CONFIG names, else a running personal pool, else the machine's own.

    Raises PoolError when there is none, or it does not answer.
    """
    personal_config = str(personal.config_file())
    configured = os.environ.get("CONDOR_CONFIG", personal_config)
    installation = install.system_installation() or install.own_installation()
    if installation is None:
        raise PoolError(
            "there is no HTCondor on this machine",
            "Type `sweep pool install` and `sweep pool start`, or log in to an access point.",
        )
    if configured == personal_config:
        if personal.pool_is_running():
            use_pool(personal.config_file(), installation.bin)
        elif installation.ours:
            raise PoolError("the personal pool is not running", "Type `sweep pool start`.")
    if not schedd_answers():
        raise PoolError(
            "HTCondor's schedd does not answer",
            "Type `sweep pool status`; on an access point, ask its administrators.",
        )


def is_personal() -> bool:
    """Whether the pool in use is sweep's personal pool."""
    return os.environ.get("CONDOR_CONFIG") == str(personal.config_file())


def poll_seconds() -> float:
    """How often to look what goes on: less often on an access point, which others use too."""
    return 1.0 if is_personal() else 5.0
