"""Errors that a user can fix. `sweep.__main__` prints them and exits with their status."""


class SweepError(Exception):
    """An error that the user can fix.

    `advice` says what to do or type next. `exit_code` is the command's exit status.
    """

    exit_code = 1

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice


class ConfigError(SweepError):
    """A study file has mistakes. The message lists all of them, one on each line."""

    exit_code = 2


class StudyError(SweepError):
    """A study's folder is missing, incomplete, or not what the command expects."""

    exit_code = 3


class StorageError(StudyError):
    """The Optuna storage cannot be read or written now. Callers retry later."""


class DisagreementError(StorageError):
    """The Optuna storage does not agree with the trials' files. `sweep repair` rebuilds it from them."""


class PoolError(SweepError):
    """HTCondor is missing, is not running, or refused a request."""

    exit_code = 4


class DataError(SweepError):
    """Training data is missing or cannot be downloaded."""

    exit_code = 5


class TrackingError(SweepError):
    """A tracker cannot be reached, or refused an upload. `sweep sync` uploads again."""

    exit_code = 6
