"""`sweep` on the command line; the one place where errors become words and an exit status."""

from __future__ import annotations

import sys

from sweep.errors import SweepError


def main() -> None:
    """Run the command line. Exits with a SweepError's own status, 130 on Ctrl-C."""
    from sweep.cli import app

    try:
        app()
    except SweepError as error:
        print(f"error: {error}", file=sys.stderr)
        if error.advice:
            print(error.advice, file=sys.stderr)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:  # `sweep report | head`
        sys.stderr.close()
        sys.exit(141)


if __name__ == "__main__":
    main()
