"""Short texts and tables for a terminal."""

from __future__ import annotations

import io
import math
from typing import Any

import pytest
from rich.console import Console

from sweep.results.table import rich_table, short_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (math.nan, ""),
        (0.123456789, "0.12346"),
        (1e-7, "1e-07"),
        (12, "12"),
        ("relu", "relu"),
        (True, "True"),
    ],
)
def test_a_value_is_short(value: Any, text: str) -> None:
    assert short_text(value) == text


def test_cells_are_no_markup() -> None:
    out = io.StringIO()
    Console(file=out, width=80).print(rich_table("[b]best[/b]", ["[x]", "value"], [["[red]1[/red]", "0.5"]]))
    heading, row = (line.split() for line in out.getvalue().splitlines() if "value" in line or "0.5" in line)
    assert (heading, row) == (["[x]", "value"], ["[red]1[/red]", "0.5"])
