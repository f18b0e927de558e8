"""`sweep` on the command line; the one place where errors become words and an exit status."""

from __future__ import annotations

import sys

from sweep.errors import SweepError


def main() -> None:
    """Run the command line. Exits with a SweepError's own status, 130 on Ctrl-C."""
    from sweep.cli.app import app

    try:
        app()
    except SweepError as error:
        print(f"error: {error}", file=sys.stderr)
        if error.advice:
            print(error.advice, file=sys.stderr)
        sys.exit(error.exit_code)
    except BrokenPipeError:  # `sweep report | head`
        sys.stderr.close()
        sys.exit(141)
    except OSError as error:  # a full disk, a folder without the right to write
        print(f"error: {error.strerror or error}: {error.filename or ''}".rstrip(": "), file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
