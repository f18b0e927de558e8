"""Opens, reads and replaces the Optuna storage of a study: SQLite, Optuna's journal file, or PostgreSQL."""

from __future__ import annotations

import contextlib
import gc
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import optuna
from optuna.storages import BaseStorage, JournalStorage, RDBStorage, get_storage
from optuna.storages._rdb import models
from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock
from optuna.storages.journal._storage import JournalOperation
from optuna.trial import FrozenTrial
from sqlalchemy import URL, event, insert, make_url
from sqlalchemy.exc import SQLAlchemyError

from sweep.errors import StorageError
from sweep.optimizer.distributions import optuna_directions
from sweep.study.commands import command_line
from sweep.study.study import Study
from sweep.units import first_line

BUSY_SECONDS = 10
"""How long SQLite waits for another program's write before it reports that the database is locked."""


SERVER_SECONDS = 30
"""How long a database server may be silent, or a statement may wait for a lock, before it counts as unavailable."""


TRIALS_PER_MESSAGE = 500
"""Number of trials written to a new storage between two messages of progress."""


class _AlreadyLocked(JournalFileOpenLock):
    """A lock that does nothing: each writer of the journal holds the study's storage lock, which dies with its process.

    Optuna's own locks are files. A process that dies leaves its file, and the next process would wait for it.
    """

    def acquire(self) -> bool:
        return True

    def release(self) -> None:
        return


def open_storage(study: Study, *, writing: bool) -> BaseStorage:
    """Return a study's storage; create it if it is missing. To write, the caller holds the study's storage lock."""
    file = study.storage_file
    if file is None:
        return _open_server(study.config.study.storage)
    return _open_file(file, writing=writing)


def _open_file(file: Path, *, writing: bool) -> BaseStorage:
    if file.suffix == ".journal":
        if writing and file.exists():
            _drop_torn_record(file)
        return JournalStorage(JournalFileBackend(str(file), lock_obj=_AlreadyLocked(str(file))))
    url = URL.create("sqlite", database=str(file)).render_as_string(hide_password=False)
    database = RDBStorage(url, engine_kwargs={"connect_args": {"timeout": BUSY_SECONDS}})
    if not writing:
        # A reader uses each row once. To expire the rows on commit would take SQLAlchemy a fifth of the time.
        database.scoped_session.remove()
        database.scoped_session.configure(expire_on_commit=False)
    return get_storage(database)


def _open_server(url: str) -> BaseStorage:
    # DAGMan passes none of libpq's variables to PRE and POST scripts, so the commands must not use them either.
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
    """Remove the incomplete last line of a journal, which a killed process left. No process has read it."""
    with journal.open("rb+") as handle:
        content = handle.read()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            handle.truncate(whole)
            os.fsync(handle.fileno())


def all_trials(storage: BaseStorage, study_id: int) -> list[FrozenTrial]:
    """Return all trials of a study, by number.

    The garbage collector is off meanwhile. It would scan the objects of the database driver again and again, which
    takes half of the time at 10,000 trials.
    """
    collects = gc.isenabled()
    gc.disable()
    try:
        return storage.get_all_trials(study_id, deepcopy=False)
    finally:
        if collects:
            gc.enable()


def add_intermediate_values(storage: BaseStorage, trial_id: int, values: Mapping[int, float]) -> None:
    """Add intermediate values, by step, to a running trial that has none at these steps, in one transaction.

    Optuna itself writes each value in a transaction of its own.
    """
    if not values:
        return
    backend = getattr(storage, "_backend", storage)
    if isinstance(storage, JournalStorage):
        _append_to_journal(storage, trial_id, values)
    elif isinstance(backend, RDBStorage):
        model = models.TrialIntermediateValueModel
        rows = []
        for step, value in values.items():
            stored, kind = model.intermediate_value_to_stored_repr(value)
            row = {"trial_id": trial_id, "step": step, "intermediate_value": stored, "intermediate_value_type": kind}
            rows.append(row)
        with backend.engine.begin() as connection:
            connection.execute(insert(model), rows)
    else:
        for step, value in values.items():
            storage.set_trial_intermediate_value(trial_id, step, value)


def _append_to_journal(storage: JournalStorage, trial_id: int, values: Mapping[int, float]) -> None:
    operation = {
        "op_code": JournalOperation.SET_TRIAL_INTERMEDIATE_VALUE,
        "worker_id": storage._replay_result.worker_id,
        "trial_id": trial_id,
    }
    storage._backend.append_logs(
        [{**operation, "step": step, "intermediate_value": value} for step, value in values.items()]
    )
    # Any call reads what the journal has.
    storage.get_trial(trial_id)


def close_storage(storage: BaseStorage) -> None:
    """Close the connections to a database. Other storages have none."""
    backend = getattr(storage, "_backend", storage)
    if isinstance(backend, RDBStorage):
        backend.engine.dispose()


def replace_storage(rebuilt: BaseStorage, study: Study, say: Callable[[str], None]) -> None:
    """Replace a study's storage by a copy of `rebuilt`, which has the study. The caller holds the storage lock.

    An old storage file is kept: see `replaced_storage`. Killed at any point and run again, it ends the same.
    """
    if study.storage_file is None:
        _replace_on_server(rebuilt, study, say)
    else:
        _replace_file(rebuilt, study.storage_file, study, say)


def replaced_storage(file: Path) -> Path:
    """Return where `replace_storage` keeps an old storage file: study.before-repair.db for study.db."""
    return file.with_name(f"{file.stem}.before-repair{file.suffix}")


def _replace_on_server(rebuilt: BaseStorage, study: Study, say: Callable[[str], None]) -> None:
    server = open_storage(study, writing=True)
    with contextlib.suppress(KeyError):
        optuna.delete_study(study_name=study.storage_study, storage=server)
    _copy(rebuilt, server, study, say)
    close_storage(server)


def _replace_file(rebuilt: BaseStorage, file: Path, study: Study, say: Callable[[str], None]) -> None:
    new = file.with_name(f"{file.stem}.new{file.suffix}")
    new.unlink(missing_ok=True)
    storage = _open_file(new, writing=True)
    if isinstance(backend := getattr(storage, "_backend", storage), RDBStorage):
        # No process uses the new file yet, so it is enough to sync it once, at the end.
        event.listen(backend.engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous = OFF"))
        backend.engine.dispose()
    _copy(rebuilt, storage, study, say)
    close_storage(storage)
    with new.open("rb") as handle:
        os.fsync(handle.fileno())
    if file.exists():
        file.replace(replaced_storage(file))
    # SQLite would replay the old storage's rollback journal into the new file.
    file.with_name(f"{file.name}-journal").unlink(missing_ok=True)
    new.replace(file)


def _copy(source: BaseStorage, target: BaseStorage, study: Study, say: Callable[[str], None]) -> None:
    """Create the study in `target`, with its trials in `source`."""
    name = study.storage_study
    trials = all_trials(source, source.get_study_id_from_name(name))
    optuna.create_study(storage=target, study_name=name, directions=optuna_directions(study.config.study))
    study_id = target.get_study_id_from_name(name)
    for number, trial in enumerate(trials):
        if number % TRIALS_PER_MESSAGE == 0 < number:
            say(f"wrote {number} of {len(trials)} trials")
        target.create_new_trial(study_id, template_trial=trial)


@contextlib.contextmanager
def storage_errors(study: Study, *, opening: bool = False) -> Iterator[None]:
    """Turn errors of Optuna and of the database into StorageError. `opening`: all errors, whatever their class."""
    # For a damaged file, or a file of another version, Optuna may raise any class of error.
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
    repair = command_line("repair", study.config.study.name)
    if study.storage_file is None:
        return (
            "Check that the server runs and accepts you; the password is read from ~/.pgpass (mode 600). "
            f"If the server lost the study, rebuild it from the trials' own files: {repair}"
        )
    return (
        "Check the free disk space, your permissions, and which other programs have it open. "
        f"If it is damaged, rebuild it from the trials' own files: {repair}"
    )
