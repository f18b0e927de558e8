"""A user's own program: placeholders, quoting, and what its part of the study file may say."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep.config.command import Word, arguments_value, environment_value, fill_command, fill_placeholders, placeholders
from sweep.config.load import parse_config
from sweep.errors import ConfigError
from sweep.trial.spec import ParamValue
from tests.samples import OWN, STUDY


def test_placeholders_are_filled_and_doubled_braces_stand_for_themselves() -> None:
    values: dict[str, ParamValue] = {"lr": 1e-05, "flag": True, "name": "a b", "n": 2**53}
    assert fill_placeholders("--lr={lr}", values) == "--lr=1e-05"
    assert fill_placeholders("{flag}{n}", values) == "true9007199254740992"
    assert fill_placeholders("{{lr}} {name} {", values) == "{lr} a b {"
    assert fill_placeholders("{width}", values) is None
    assert placeholders("{{a}} {b} {c d} {1}") == {"b"}


def test_what_a_trial_lacks_is_left_out_with_what_stands_beside_it() -> None:
    command: list[Word] = ["train", ["--momentum", "{momentum}"], ["--lr", "{lr}"], "{nesterov}", "end"]
    assert fill_command(command, {"lr": 0.1}) == ["train", "--lr", "0.1", "end"]


@given(st.text())
def test_a_value_is_filled_in_as_it_is(value: str) -> None:
    assert fill_placeholders("{name}", {"name": value}) == value


def read_back(line: str) -> list[str]:
    """Words of a line in condor_submit's new syntax, after its macros: the manual's rules, spelt out."""
    text = line[1:-1].replace('""', '"').replace("$$(DOLLARDOLLAR)", "$$").replace("$(DOLLAR)", "$")
    words: list[str] = []
    word, quoted, position = "", False, 0
    while position < len(text):
        letter = text[position]
        if letter == "'" and quoted and text[position + 1 : position + 2] == "'":
            word, position = word + "'", position + 1
        elif letter == "'":
            quoted = not quoted
        elif letter == " " and not quoted:
            words, word = [*words, word], ""
        else:
            word += letter
        position += 1
    return [*words, word]


@given(st.lists(st.text(st.characters(exclude_categories=("C", "Z"), include_characters=" ")), min_size=1))
def test_any_printable_words_survive_the_submit_line(words: list[str]) -> None:
    line = arguments_value(words)
    assert "$" not in line.replace("$$(DOLLARDOLLAR)", "").replace("$(DOLLAR)", "")
    assert line[0] == line[-1] == '"'
    assert '"' not in line[1:-1].replace('""', "")
    assert read_back(line) == words
    assert read_back(environment_value({f"V{n}": word for n, word in enumerate(words)})) == [
        f"V{n}={word}" for n, word in enumerate(words)
    ]


@pytest.mark.parametrize("word", ["two\nlines", "tab\t", "\x00", "\u2028"])
def test_what_no_line_can_hold_is_refused(word: str) -> None:
    with pytest.raises(ValueError, match="cannot hold"):
        arguments_value([word])


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("{lr}", "{rl}", "[trainer] command: {rl} is not a parameter; did you mean 'lr'?"),
        ("{seed}", "{sed}", "[trainer] environment: {sed} is not a parameter"),
        ("SEED =", '"A B" =', "[trainer] environment: 'A B' is not a valid name of a variable"),
        (
            '"train.py"]',
            '"train.py", "x/train.py"]',
            "[trainer] inputs: 'train.py' is also the name of another entry; choose",
        ),
        ('"train.py"]', '"a,b"]', "[trainer] inputs: must not contain a comma"),
        ('"log.csv"', '"log.txt"', "[trainer] metrics: must be the name of a .jsonl, .json or .csv file"),
        ('"log.csv"', '"../log.csv"', "[trainer] metrics: must be the name"),
        ('"log.csv"', "{ stdout = 'acc' }", "must have a group"),
        ('"log.csv"', "{ stdout = '(' }", "must be a regular expression"),
        ('"log.csv"', '"log.csv"\nclasses = ["a", "b"]', "[trainer] classes: is only for the shipped trainer"),
        ('"relu", "gelu"', '"relu\\n", "gelu"', "{activation} may be 'relu\\n', which only trial.json can hold"),
        ('["python", "train.py",', '["python", "train\\n.py",', "[trainer] command: must be printable characters"),
        ('["python",', '[["python"],', "[trainer] command: must begin with the program's name"),
    ],
)
def test_mistakes_are_told(old: str, new: str, said: str) -> None:
    assert old in OWN
    with pytest.raises(ConfigError) as caught:
        parse_config(OWN.replace(old, new, 1), "study.toml")
    assert said in str(caught.value)


def test_without_a_command_its_keys_are_refused() -> None:
    with pytest.raises(ConfigError, match="inputs: is only for a program of your own"):
        parse_config(STUDY.replace("epochs = 2", 'epochs = 2\ninputs = ["x"]'), "study.toml")
