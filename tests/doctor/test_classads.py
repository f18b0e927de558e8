"""Expressions of ClassAds: their parts, their words."""

from __future__ import annotations

import pytest

from sweep.doctor.classads import fill_condition, number_or_zero, readable_amount, readable_condition, split_conditions
from sweep.pool.classads import evaluate_expression
from tests.samples import ad


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", []),
        ("true", ["true"]),
        ("a && b", ["a", "b"]),
        ("(a && (b && (c))) && (d)", ["a", "b", "c", "d"]),
        ("(a) && (b)", ["a", "b"]),
        ("a || b && c", ["a || b && c"]),
        ("(a || b) && c", ["a || b", "c"]),
        ("a ? b && c : d && e", ["a ? b && c : d && e"]),
        ('Name == "x && (y" && b', ['Name == "x && (y"', "b"]),
        (r'Name == "a \" && b" && c', [r'Name == "a \" && b"', "c"]),
        ("f(a && b, {c && d}) && list[a && b] && !(c && d)", ["f(a && b, {c && d})", "list[a && b]", "!(c && d)"]),
        ("((a && b) || c)", ["(a && b) || c"]),
        ("a & b && c | d", ["a & b", "c | d"]),
        ("a =?= true && b", ["a =?= true", "b"]),
    ],
)
def test_the_parts_that_all_must_hold(text: str, parts: list[str]) -> None:
    assert split_conditions(text) == parts


JOB = """[ RequestMemory = 1024 * 10; RequestDisk = 12582912; GPUsMinCapability = 7.5; GPUsMinMemory = 40960;
          Threshold = 3; RequestCpus = 4 ]"""


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("TARGET.Memory >= RequestMemory", "memory >= 10 GB"),
        ("TARGET.Disk >= MY.RequestDisk", "disk >= 12 GB"),
        ("TARGET.Cpus >= RequestCpus", "cores >= 4"),
        ("Capability >= GPUsMinCapability", "GPU capability >= 7.5"),
        ("GlobalMemoryMb >= GPUsMinMemory", "GPU memory >= 40 GB"),
        ('DeviceName == "NVIDIA A100-SXM4-80GB"', 'GPU name == "NVIDIA A100-SXM4-80GB"'),
        ('TARGET.Arch == "X86_64"', 'Arch == "X86_64"'),
        ("TARGET.HasContainer", "a way to run containers (HasContainer)"),
        ("TARGET.Foo > Threshold", "Foo > 3"),
        ("TARGET.Want =?= Threshold", "Want is 3"),
        ("countMatches(Want, TARGET.Devices) >= RequestCpus", "countMatches(Want,Devices) >= 4"),
    ],
)
def test_conditions_in_words(part: str, said: str) -> None:
    assert readable_condition(fill_condition(part, ad(JOB))) == said


def test_undefined_and_error_count_as_nothing() -> None:
    empty = ad("[]")
    values = [
        number_or_zero(evaluate_expression(text, empty, empty))
        for text in ("3", "2.5", "true", "false", "Foo", '1 + "a"', '"7"')
    ]
    assert values == [3, 2.5, 1, 0, 0, 0, 0]


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [("40960", 2**20, "40 GB"), (7.5, 0, "7.5"), (10 * 2**20, 2**20, "10 TB"), (300, 1, "300 B"), ('"x"', 0, '"x"')],
)
def test_amounts_for_people(value: str | float, unit: int, said: str) -> None:
    assert readable_amount(value, unit) == said
