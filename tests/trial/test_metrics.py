"""The forms in which a program may leave its metrics."""

from __future__ import annotations

import csv
import io
import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep.trial.metrics import MAX_LINE, MAX_REPORTS, MetricsError, Values, parse_metrics


def acc(parsed: tuple[dict[int, Values], str]) -> tuple[dict[int, float], str]:
    return {step: values["acc"] for step, values in parsed[0].items()}, parsed[1]


@pytest.mark.parametrize(
    ("name", "text", "values"),
    [
        ("log.csv", "epoch,acc\n1,0.5\n2,0.75\n", {1: 0.5, 2: 0.75}),
        ("log.csv", "acc, loss\n0.5, 1\n0.75, 0.5\n", {1: 0.5, 2: 0.75}),
        ("log.csv", "step,acc\r\n10,1e-3\r\n", {10: 0.001}),
        ("end.json", '{"acc": 0.5}', {1: 0.5}),
        ("end.json", '{"acc": 1, "epoch": 7}', {7: 1.0}),
        ("all.json", '[{"step": 2, "acc": 0.75}, {"step": 1, "acc": 0.5}]', {1: 0.5, 2: 0.75}),
        ("all.json", "", {}),
        ("log.csv", "", {}),
        ("log.csv", "acc\n", {}),
    ],
)
def test_each_form(name: str, text: str, values: dict[int, float]) -> None:
    assert acc(parse_metrics(text, ["acc"], name)) == (values, "")


@pytest.mark.parametrize(
    ("name", "text", "values", "problem"),
    [
        ("log.csv", "epoch,acc\n1,0.5\n2,\n", {1: 0.5}, "row 2 of log.csv: acc is '', not a number"),
        ("log.csv", "epoch,acc\n1,0.5\n2", {1: 0.5}, "row 2 of log.csv: acc is None, not a number"),
        ("log.csv", "epoch,loss\n1,0.5\n", {}, "log.csv: has no acc; it has epoch, loss"),
        ("log.csv", "epoch,acc\none,0.5\n", {}, "row 1 of log.csv: step is 'one', not a whole number"),
        ("end.json", '{"acc": ', {}, "end.json: incomplete, or not JSON"),
        ("end.json", "[" * 100_000, {}, "end.json: incomplete, or not JSON"),
        ("end.json", "[1]", {}, "report 1 of end.json: not a JSON object"),
        ("metrics.jsonl", '{"step": 1, "acc": 1' + "0" * 400 + "}", {}, "acc is too large for a float"),
    ],
)
def test_what_cannot_be_used_is_named(name: str, text: str, values: dict[int, float], problem: str) -> None:
    found, said = acc(parse_metrics(text, ["acc"], name))
    assert found == values
    assert problem in said


def test_output_is_searched_for_a_pattern() -> None:
    text = "epoch 1 acc=0.5\nnoise acc=high\nepoch 2 acc=0.75 acc = 3\n"
    assert acc(parse_metrics(text, ["acc"], pattern=r"^epoch \d+ acc=(\S+)")) == ({1: 0.5, 2: 0.75}, "")
    values, problem = acc(parse_metrics(text, ["acc"], pattern=r"acc=(\S+)"))
    assert values == {1: 0.5, 3: 0.75}
    assert problem == "match 2 in the output: acc is 'high', not a number"


@given(st.lists(st.tuples(st.integers(0, 10**9), st.floats())), st.sampled_from(["log.csv", "all.json"]))
def test_any_value_survives_the_file(reports: list[tuple[int, float]], name: str) -> None:
    if name.endswith("csv"):
        file = io.StringIO(newline="")
        csv.writer(file).writerows([("step", "acc"), *((step, repr(value)) for step, value in reports)])
        text = file.getvalue()
    else:
        text = json.dumps([{"step": step, "acc": value} for step, value in reports])
    values, problem = acc(parse_metrics(text, ["acc"], name))
    assert problem == ""
    assert list(values) == sorted(dict(reports))
    for step, value in dict(reports).items():
        assert values[step] == value or (math.isnan(values[step]) and math.isnan(value))


@given(st.text(), st.sampled_from(["log.csv", "all.json", "metrics.jsonl"]))
def test_no_text_breaks_a_form(garbage: str, name: str) -> None:
    for text in (garbage, "step,acc\n" + garbage, '[{"step": 1, "acc": ' + garbage):
        values, _ = acc(parse_metrics(text, ["acc"], name))
        assert all(isinstance(value, float) for value in values.values())


def test_of_several_metrics_a_report_has_all_or_is_not_used() -> None:
    text = '{"step": 1, "acc": 0.5, "mb": 3}\n{"step": 2, "acc": 0.6}\n{"step": 3, "mb": "big", "acc": 1}\n'
    values, problem = parse_metrics(text, ["acc", "mb"])
    assert values == {1: {"acc": 0.5, "mb": 3.0}}
    assert problem == "line 3 of metrics.jsonl: mb is 'big', not a number"
    table = "epoch,mb,acc\n1,3,0.5\n"
    assert parse_metrics(table, ["acc", "mb"], "log.csv") == ({1: {"acc": 0.5, "mb": 3.0}}, "")
    pattern = r"acc (?P<acc>\S+), size (?P<mb>\S+)"
    assert parse_metrics("acc 0.5, size 3\n", ["acc", "mb"], pattern=pattern) == ({1: {"acc": 0.5, "mb": 3.0}}, "")


@given(st.lists(st.tuples(st.integers(0, 50), st.floats())))
def test_metrics_survive_the_file(reports: list[tuple[int, float]]) -> None:
    text = "".join(json.dumps({"step": step, "acc": value, "more": 1}) + "\n" for step, value in reports)
    reported, problem = parse_metrics(text, ["acc"])
    values = {step: at["acc"] for step, at in reported.items()}
    assert problem == ""
    assert list(values) == sorted({step for step, _ in reports})
    for step, value in dict(reports).items():
        assert values[step] == value or (math.isnan(values[step]) and math.isnan(value))


@pytest.mark.parametrize(
    ("text", "name", "reason"),
    [
        ('{"step": 2147483648, "acc": 1}', "metrics.jsonl", "line 1 of metrics.jsonl: step is 2147483648, more than"),
        ("step,acc\n9223372036854775808,1", "log.csv", "row 1 of log.csv: step is 9223372036854775808, more than"),
        ('{"step": 1, "acc": 1, "x": "' + "x" * MAX_LINE + '"}', "metrics.jsonl", "a line has more than 1,048,576"),
        ("acc\n" + "1" * (MAX_LINE + 1), "log.csv", "log.csv: a line has more than 1,048,576 characters"),
        ("acc\n" + "1" * 200_000, "log.csv", "log.csv: field larger than field limit"),
        ("acc\n\0", "log.csv", "acc is"),
        ("[" * 200_000, "all.json", "all.json: incomplete, or not JSON"),
    ],
)
def test_what_is_too_large_is_named(text: str, name: str, reason: str) -> None:
    values, problem = parse_metrics(text, ["acc"], name)
    assert values == {}
    assert reason in problem


@pytest.mark.parametrize(
    ("text", "name", "pattern"),
    [
        ("{}\n" * (MAX_REPORTS + 1), "metrics.jsonl", ""),
        ("acc\n" + "1\n" * (MAX_REPORTS + 1), "log.csv", ""),
        ("[" + "1," * MAX_REPORTS + "1]", "all.json", ""),
        ("a1\n" * (MAX_REPORTS + 1), "", "a(1)"),
    ],
)
def test_too_many_reports(text: str, name: str, pattern: str) -> None:
    with pytest.raises(MetricsError, match="there are more than 100,000 reports"):
        parse_metrics(text, ["acc"], name, pattern)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("last", [True, False])
def test_any_line_ends(end: str, last: bool) -> None:
    table = end.join(["step,acc", "1,0.5", "2,0.75"]) + end * last
    assert acc(parse_metrics(table, ["acc"], "log.csv")) == ({1: 0.5, 2: 0.75}, "")
    lines = end.join(['{"step": 1, "acc": 0.5}', "", '{"step": 2, "acc": 0.75}']) + end * last
    assert acc(parse_metrics(lines, ["acc"])) == ({1: 0.5, 2: 0.75}, "")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("\ufeffepoch,acc\n20,0.6\n10,0.5\n", "log.csv"),
        ('\ufeff{"step": 20, "acc": 0.6}\n{"step": 10, "acc": 0.5}\n', "metrics.jsonl"),
        ('\ufeff[{"step": 20, "acc": 0.6}, {"step": 10, "acc": 0.5}]', "all.json"),
    ],
)
def test_a_byte_order_mark_is_no_part_of_a_name(text: str, name: str) -> None:
    assert acc(parse_metrics(text, ["acc"], name)) == ({10: 0.5, 20: 0.6}, "")


def test_many_columns_take_no_memory_for_each_row() -> None:
    names = ",".join(f"c{number}" for number in range(20_000))
    values, problem = parse_metrics(f"{names},acc\n" + "0.5,1\n" * 2000, ["acc"], "log.csv")
    assert values == {}
    assert "acc is None, not a number" in problem


def test_a_large_json_file_is_refused() -> None:
    _, problem = parse_metrics("[" + "[]," * 2 * 2**20 + "[]]", ["acc"], "all.json")
    assert problem == "all.json: is larger than 4 MB, the most that sweep reads of a .json file; use .jsonl"


def test_an_underscore_is_no_part_of_a_number() -> None:
    assert parse_metrics("acc\n1_0\n", ["acc"], "log.csv") == ({}, "row 1 of log.csv: acc is '1_0', not a number")
