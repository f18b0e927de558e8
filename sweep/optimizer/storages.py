"""The Optuna storages that a study may have: SQLite, Optuna's journal file, PostgreSQL. Opens them, words failures."""

from __future__ import annotations

import contextlib
import gc
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import optuna
from optuna.storages import BaseStorage, JournalStorage, RDBStorage, get_storage
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from optuna.trial import FrozenTrial
from sqlalchemy import URL, event, make_url
from sqlalchemy.exc import SQLAlchemyError

from sweep.errors import StorageError
from sweep.optimizer.distributions import optuna_directions
from sweep.study.study import Study
from sweep.units import first_line

BUSY_SECONDS = 10
"""How long SQLite waits for another program's write before it says that the database is locked."""


SERVER_SECONDS = 30
"""How long a database server may keep silent, or a statement wait for a lock, before it counts as away."""


MANY = 500
"""After so many trials it is told how far a new storage is."""


class _Held(JournalFileOpenLock):
    """For a journal whose writers all hold the study's storage lock, which dies with its process.

    Optuna's own locks are files, and one left behind by a dead process would stop the next for a while.
    """

    def acquire(self) -> bool:
        return True

    def release(self) -> None:
        return


def open_storage(study: Study, *, writing: bool) -> BaseStorage:
    """A study's storage, made where it is missing. Who is `writing` holds the study's storage lock."""
    file = study.storage_file
    if file is None:
        return _server(study.config.study.storage)
    return _file(file, writing=writing)


def _file(file: Path, *, writing: bool) -> BaseStorage:
    if file.suffix == ".journal":
        if writing and file.exists():
            _drop_torn_record(file)
        return JournalStorage(JournalFileBackend(str(file), lock_obj=_Held(str(file))))
    url = URL.create("sqlite", database=str(file)).render_as_string(hide_password=False)
    database = RDBStorage(url, engine_kwargs={"connect_args": {"timeout": BUSY_SECONDS}})
    if not writing:
        # What is read is let go at once: SQLAlchemy need not mark it as out of date, which takes a fifth of the time.
        database.scoped_session.remove()
        database.scoped_session.configure(expire_on_commit=False)
    return get_storage(database)


def _server(url: str) -> BaseStorage:
    # DAGMan hands none of libpq's variables to PRE and POST scripts: so no command goes by them.
    for name in [name for name in os.environ if name.startswith("PG")]:
        del os.environ[name]
    arguments = {
        "connect_timeout": SERVER_SECONDS,
        "tcp_user_timeout": SERVER_SECONDS * 1000,
        "options": f"-c statement_timeout={SERVER_SECONDS}s -c lock_timeout={SERVER_SECONDS}s",
    }
    address = make_url(url).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
    return get_storage(RDBStorage(address, engine_kwargs={"connect_args": arguments}))


def _drop_torn_record(journal: Path) -> None:
    """Cut off what a process that died in mid-write left after the last whole line: nobody has read it."""
    with journal.open("rb+") as handle:
        content = handle.read()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            handle.truncate(whole)
            os.fsync(handle.fileno())


def all_trials(storage: BaseStorage, study_id: int) -> list[FrozenTrial]:
    """All trials of a study, by number.

    Without the garbage collector, which would look again and again through all that a database's driver makes of them:
    at 10,000 trials half of the time is its.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        return storage.get_all_trials(study_id, deepcopy=False)
    finally:
        if collects:
            gc.enable()


def close_storage(storage: BaseStorage) -> None:
    """Let go of a database's connections."""
    backend = getattr(storage, "_backend", storage)
    if isinstance(backend, RDBStorage):
        backend.engine.dispose()


def replace_storage(rebuilt: BaseStorage, study: Study, say: Callable[[str], None]) -> None:
    """Make a study's storage that of `rebuilt`, which has the study under its name. The caller holds the storage lock.

    A file that was there is kept beside it, `.before-repair`. Killed at any point, it may be done again.
    """
    name, file = study.storage_study, study.storage_file
    if file is None:
        server = open_storage(study, writing=True)
        with contextlib.suppress(KeyError):
            optuna.delete_study(study_name=name, storage=server)
        _copy(rebuilt, server, study, say)
        return close_storage(server)
    new, old = (file.with_name(f"{file.stem}.{kind}{file.suffix}") for kind in ("new", "before-repair"))
    new.unlink(missing_ok=True)
    made = _file(new, writing=True)
    if isinstance(backend := getattr(made, "_backend", made), RDBStorage):
        # Nobody knows the new file yet: it is enough that it is on disk in the end.
        event.listen(backend.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous = OFF"))
        backend.engine.dispose()
    _copy(rebuilt, made, study, say)
    close_storage(made)
    with new.open("rb") as handle:
        os.fsync(handle.fileno())
    if file.exists():
        file.replace(old)
    # SQLite would play the old storage's journal into the new one.
    file.with_name(f"{file.name}-journal").unlink(missing_ok=True)
    new.replace(file)
    return None


def _copy(rebuilt: BaseStorage, made: BaseStorage, study: Study, say: Callable[[str], None]) -> None:
    name = study.storage_study
    trials = all_trials(rebuilt, rebuilt.get_study_id_from_name(name))
    optuna.create_study(storage=made, study_name=name, directions=optuna_directions(study.config.study))
    study_id = made.get_study_id_from_name(name)
    for number, trial in enumerate(trials):
        if number % MANY == 0 < number:
            say(f"{number} of {len(trials)} trials are written")
        made.create_new_trial(study_id, template_trial=trial)


@contextlib.contextmanager
def storage_errors(study: Study, *, opening: bool = False) -> Iterator[None]:
    """Raises StorageError for what keeps the storage of a study from being read or written, or from being opened."""
    # A damaged file, or one of another version, makes Optuna raise anything.
    kinds = (Exception,) if opening else (SQLAlchemyError, optuna.exceptions.StorageInternalError, OSError)
    try:
        yield
    except kinds as error:
        raise StorageError(f"the Optuna storage {study.storage_place}: {_why(error, study)}", _advice(study)) from error


def _why(error: BaseException, study: Study) -> str:
    if isinstance(error, KeyError):
        return f"it has no study {study.storage_study!r}"
    if isinstance(error, optuna.exceptions.StorageInternalError) and error.__cause__:
        error = error.__cause__
    return first_line(error)


def _advice(study: Study) -> str:
    if study.storage_file is None:
        return (
            "Is the server up, and does it let you in? It takes the password from ~/.pgpass (mode 600). "
            "If it lost the study: `sweep repair` makes it anew from the trials' own files."
        )
    return (
        "Look at the disk's space, your rights, and who else has it open. If it is damaged: `sweep repair` makes it "
        "anew from the trials' own files."
    )
