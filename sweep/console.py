"""How commands print: plain lines on a pipe, colour and a spinner on a terminal."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator

from rich.console import Console
from rich.text import Text

from sweep.units import printable

PIPE_WIDTH = 240
"""Width of a table, in characters, when the output is no terminal and COLUMNS is not set."""


console = Console(highlight=False, soft_wrap=True)


if not console.is_terminal and "COLUMNS" not in os.environ:
    console.width = PIPE_WIDTH


def say(text: str) -> None:
    """Print lines as they are: no markup, no wrapping. The terminal obeys no control character in them."""
    console.print(printable(text), markup=False)


@contextlib.contextmanager
def wait(title: str) -> Iterator[Callable[[str], None]]:
    """Show that work is going on. Yields a function that shows the current step."""
    if not console.is_terminal:
        yield lambda step: say(f"{title}: {step}")
        return
    with console.status(title) as status:
        yield lambda step: status.update(Text(printable(f"{title}: {step}")))
