"""Times and sizes for people."""

from __future__ import annotations

import pytest

from sweep.units import counted, first_line, last_line, one_line, printable, readable_bytes, readable_time


@pytest.mark.parametrize(
    ("seconds", "text"), [(3.21, "3.2 s"), (119, "119 s"), (150, "2.5 min"), (7600, "2.1 h"), (1e6, "12 d")]
)
def test_times_for_people(seconds: float, text: str) -> None:
    assert readable_time(seconds) == text


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (512, "512 B"), (1024, "1 KB"), (1.35 * 2**20, "1.35 MB"), (46.5 * 2**30, "46.5 GB"), (2**40, "1 TB")],
)
def test_sizes_for_people(size: float, text: str) -> None:
    assert readable_bytes(size) == text


def test_counts_for_people() -> None:
    assert [counted(count, "epoch") for count in (0, 1, 1.0, 2)] == ["0 epochs", "1 epoch", "1 epoch", "2 epochs"]


def test_the_first_line_of_an_error_or_its_type() -> None:
    assert first_line(ValueError("no photos\nin this folder")) == "no photos"
    assert first_line(TimeoutError()) == "TimeoutError"


def test_the_last_line_of_an_output() -> None:
    assert last_line("Traceback\nValueError: no photos\n\n", "nothing") == "ValueError: no photos"
    assert last_line(" \n", "nothing") == "nothing"


def test_printable() -> None:
    assert printable("plain ä 日本") == "plain ä 日本"
    assert printable("two\nlines\tand a tab") == "two\nlines\tand a tab"
    assert printable("\x1b[31m\x9b\r\x00") == r"\x1b[31m\x9b\r\x00"
    assert printable("\u202e\u2028\ud800") == r"\u202e\u2028\ud800"


def test_one_line() -> None:
    assert one_line("killed\n\tby \x1b[31m") == r"killed\n\tby \x1b[31m"
    assert one_line("abc", 3) == "abc"
    assert one_line("abcd", 3) == "abc…"
