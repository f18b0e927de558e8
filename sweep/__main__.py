"""Runs the command `sweep`, prints its errors, and exits with their status."""

from __future__ import annotations

import sys

from sweep.errors import SweepError
from sweep.units import printable


def main() -> None:
    """Run the command line.

    Exits with a SweepError's `exit_code`, 1 for other errors of files, 130 on Ctrl-C, and 141 if the reader of the
    output has gone.
    """
    from sweep.cli.app import app

    try:
        app()
    except SweepError as error:
        print(f"error: {printable(str(error))}", file=sys.stderr)
        if error.advice:
            print(printable(error.advice), file=sys.stderr)
        sys.exit(error.exit_code)
    except BrokenPipeError:  # `sweep report | head`
        sys.stderr.close()
        sys.exit(141)
    except OSError as error:  # for example a full disk, or a folder without write permission
        print(f"error: {error.strerror or error}: {error.filename or ''}".rstrip(": "), file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
