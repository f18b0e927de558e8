"""Tables for a terminal, and the short texts in their cells."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.table import Table


def short_text(value: Any) -> str:
    """Return a value as text, floats with five digits; '' for None and NaN."""
    if value is None or value != value:
        return ""
    return f"{value:.5g}" if isinstance(value, float) else str(value)


def rich_table(title: str, headings: Sequence[str], rows: Iterable[Iterable[str]]) -> Table:
    """Return a table of texts, in the common style; Rich markup in a text is shown as it is."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    view = Table(title=title, title_justify="left", box=box.SIMPLE, pad_edge=False, padding=(0, 1))
    for heading in headings:
        view.add_column(Text(heading), justify="right", no_wrap=True)
    for row in rows:
        view.add_row(*map(Text, row))
    return view
