"""What a line of a submit description can hold."""

from __future__ import annotations

import classad2
from hypothesis import given
from hypothesis import strategies as st

from sweep.config import submit_language


@given(st.text())
def test_any_text_is_a_classad_literal(text: str) -> None:
    literal = submit_language.attribute_value(text)
    # As condor_submit expands it.
    literal = literal.replace("$$(DOLLARDOLLAR)", "$$").replace("$(DOLLAR)", "$")
    if "\x00" not in text:
        assert classad2.ExprTree(literal).eval() == text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")
