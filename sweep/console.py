"""How commands print: plain lines on a pipe, colour and a spinner on a terminal."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from sweep.units import printable

PIPE_WIDTH = 240
"""Width of a table, in characters, when the output is no terminal and COLUMNS is not set."""


class SafeConsole(Console):
    """A console that shows control characters in texts as escapes, whoever wrote the texts and however they come."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            # A control segment is Rich's own: it moves the cursor.
            yield segment if segment.control else Segment(printable(segment.text), segment.style)


console = SafeConsole(highlight=False, soft_wrap=True)


if not console.is_terminal and "COLUMNS" not in os.environ:
    console.width = PIPE_WIDTH


def say(text: str) -> None:
    """Print lines as they are: no markup, no wrapping."""
    # Rich would drop some control characters, which hides that they are there.
    console.print(printable(text), markup=False)


@contextlib.contextmanager
def wait(title: str) -> Iterator[Callable[[str], None]]:
    """Show that work is going on. Yields a function that shows the current step."""
    if not console.is_terminal:
        yield lambda step: say(f"{title}: {step}")
        return
    with console.status(title) as status:
        yield lambda step: status.update(Text(f"{title}: {step}"))
