"""ClassAds, read by HTCondor's own bindings."""

from __future__ import annotations

import pytest

from sweep.pool.classads import evaluate_expression, is_expression, parse_ad, parse_expression
from tests.samples import ad


@pytest.mark.parametrize("text", ["true", "Memory > 1024 && !isUndefined(x)", '"a) || (b"', "{1, 2}[0]"])
def test_whole_expressions(text: str) -> None:
    assert is_expression(text)


@pytest.mark.parametrize("text", ["", "a) || (b", "a &&", "a b", '"open', "a; queue"])
def test_what_is_no_whole_expression(text: str) -> None:
    assert not is_expression(text)


def test_an_expression_sees_both_ads_and_htcondor_s_own_functions() -> None:
    mine, other = ad("[ want = 2 ]"), ad("[ have = 3 ]")
    assert evaluate_expression("TARGET.have > MY.want", mine, other) is True
    assert parse_expression("countMatches(true, {})").eval() == 0


@pytest.mark.parametrize("text", ['[ a = 1; b = "x" ]', 'a = 1\nb = "x"\n'])
def test_ads_in_either_format(text: str) -> None:
    there = parse_ad(text)
    assert (there["a"], there["b"]) == (1, "x")
