"""Tables for a terminal, and the short texts in their cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from sweep.units import one_line, printable

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text


def short_text(value: Any) -> str:
    """Return a value as text on one line, floats with five digits; '' for None and NaN."""
    if value is None or value != value:
        return ""
    return f"{value:.5g}" if isinstance(value, float) else one_line(str(value))


def plain_text(text: str) -> Text:
    """Return a text for a terminal that is shown as it is: no markup, and no control character is obeyed."""
    from rich.text import Text

    return Text(printable(text))


def rich_table(title: str, headings: Sequence[str], rows: Iterable[Iterable[str]]) -> Table:
    """Return a table of texts, in the common style. Each text is shown as `plain_text` shows it."""
    from rich import box
    from rich.table import Table

    view = Table(title=plain_text(title), title_justify="left", box=box.SIMPLE, pad_edge=False, padding=(0, 1))
    for heading in headings:
        view.add_column(plain_text(heading), justify="right", no_wrap=True)
    for row in rows:
        view.add_row(*map(plain_text, row))
    return view
