"""Checks of single words."""

from __future__ import annotations

import pytest

from sweep.config.text import (
    check_macros,
    check_one_line,
    check_printable,
    check_transferable,
    did_you_mean,
    first_duplicate,
)


def test_words_that_can_be_used_come_back_as_they_are() -> None:
    for word in ("", "photos.zip", "a b", "naïve"):
        assert check_one_line(word) == check_printable(word) == check_transferable(word) == word
    assert check_printable("a\\") == "a\\"
    assert check_one_line("a,b") == "a,b"


@pytest.mark.parametrize("word", ["two\nlines", "tab\t", "ends in a backslash\\"])
def test_what_no_line_of_a_submit_description_holds_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match="printable characters"):
        check_one_line(word)


def test_a_file_s_name_holds_no_comma() -> None:
    with pytest.raises(ValueError, match="comma"):
        check_transferable("a,b")


@pytest.mark.parametrize("text", ["$(DOLLAR)", "x$(dollar)y", "$(DOLLARDOLLAR)"])
def test_what_htcondor_always_replaces_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"must not contain \$\(DOLLAR\)"):
        check_macros(text)


def test_what_htcondor_replaces_late_is_refused_where_it_is_read_early() -> None:
    assert check_macros("$$(x)") == "$$(x)"
    with pytest.raises(ValueError, match="when it matches a job"):
        check_macros("$$(x)", late=True)
    with pytest.raises(ValueError, match="when it matches a job"):
        check_transferable("$$(x)")


def test_a_duplicate_is_found_in_a_long_list() -> None:
    assert first_duplicate([*range(100_000), 7, 8]) == 7
    assert first_duplicate(["a", "b"]) is None


def test_a_near_word_is_suggested_and_a_far_one_is_not() -> None:
    assert did_you_mean("widht", ["lr", "width"]) == "; did you mean 'width'?"
    assert did_you_mean("momentum", ["lr", "width"]) == ""
    assert did_you_mean("lr", []) == ""
