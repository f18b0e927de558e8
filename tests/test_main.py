"""Errors become words and an exit status."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest

from sweep.__main__ import main
from sweep.errors import ConfigError, DataError, PoolError, StorageError, StudyError, SweepError, TrackingError


def failing(error: BaseException) -> Callable[[], None]:
    """Return a command that raises this error."""

    def app() -> None:
        raise error

    return app


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (ConfigError("a key is missing", "Add it."), 2, "error: a key is missing\nAdd it.\n"),
        (StudyError("no study"), 3, "error: no study\n"),
        (StudyError("\x1b[31mred", "\x9b"), 3, "error: \\x1b[31mred\n\\x9b\n"),
        (OSError(28, "No space left on device", "runs/tiny"), 1, "error: No space left on device: runs/tiny\n"),
        (OSError("no such host"), 1, "error: no such host\n"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_an_error_is_said_without_a_traceback(
    error: BaseException, status: int, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sweep.cli.app.app", failing(error))
    with pytest.raises(SystemExit) as caught:
        main()
    assert (caught.value.code, capsys.readouterr().err) == (status, said)


def test_a_reader_that_leaves_early_is_no_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sweep.cli.app.app", failing(BrokenPipeError()))
    monkeypatch.setattr(sys, "stderr", open("/dev/null", "w"))  # noqa: PTH123, SIM115 - it is closed
    with pytest.raises(SystemExit) as caught:
        main()
    assert caught.value.code == 141


def test_scripts_can_tell_errors_apart() -> None:
    kinds = (SweepError, ConfigError, StudyError, PoolError, DataError, TrackingError)
    assert len({kind.exit_code for kind in kinds}) == len(kinds)
    assert StorageError.exit_code == StudyError.exit_code
