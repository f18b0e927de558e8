"""One hierarchy of errors that a user may meet; `sweep.__main__` is the one place that catches and prints them."""


class SweepError(Exception):
    """Something the user can mend.

    `advice` says what to do next; `exit_code` is what the command exits with.
    """

    exit_code = 1

    def __init__(self, message: str, advice: str = "") -> None:
        super().__init__(message)
        self.advice = advice


class ConfigError(SweepError):
    """A study file that cannot be used: one line per mistake, all of them at once."""

    exit_code = 2


class StudyError(SweepError):
    """The folder of a study is missing, incomplete, or not what the command expects."""

    exit_code = 3


class StorageError(StudyError):
    """The Optuna storage cannot be read or written now: what needs it is done again later."""


class PoolError(SweepError):
    """HTCondor is missing, not running, or refused what was asked."""

    exit_code = 4


class DataError(SweepError):
    """Training data that is missing or cannot be fetched."""

    exit_code = 5


class TrackingError(SweepError):
    """A tracker is away, or refuses what it is told: `sweep sync` tells it again later."""

    exit_code = 6
