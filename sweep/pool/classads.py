"""Parses and evaluates HTCondor's ClassAds with HTCondor's own bindings."""

from __future__ import annotations

from typing import Any

Ad = Any
"""A classad2.ClassAd. The bindings have no types."""


def is_expression(text: str) -> bool:
    """Return whether `text` is one whole ClassAd expression."""
    import classad2

    try:
        # With the parentheses the parser must read to the end; without them no stray ")" can close them early.
        classad2.ExprTree(text), classad2.ExprTree(f"({text})")
    except classad2.ClassAdException:
        return False
    return True


def parse_expression(text: str) -> Any:
    """Return the parsed expression, a classad2.ExprTree. Raises classad2.ClassAdException if `text` is not one."""
    # htcondor2 adds functions that classad2 alone lacks, such as countMatches.
    import htcondor2  # noqa: F401
    from classad2 import ExprTree

    return ExprTree(text)


def evaluate_expression(text: str, ad: Ad, target: Ad) -> Any:
    """Return the value of an expression in which `ad` is MY and `target` is TARGET."""
    return parse_expression(text).eval(ad, target)


def parse_ad(text: str) -> Ad:
    """Return the first ClassAd in `text`, in any of the formats that HTCondor's tools print."""
    from classad2 import parseOne

    return parseOne(text)
