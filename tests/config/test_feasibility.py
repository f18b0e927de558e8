"""Configurations that the conditions and sizes of a study allow."""

from __future__ import annotations

import pytest

from sweep.config.feasibility import partial_refusal, refusal, uncomputable_conditions
from sweep.config.job import JobSection
from sweep.config.load import parse_config
from sweep.config.sections import StudyConfig
from sweep.errors import ConfigError
from tests.samples import STUDY


def study(conditions: list[str], job: str = "", sampler: str = "tpe") -> StudyConfig:
    text = STUDY.replace("[trainer]", """
n = { type = "int", low = 0, high = 3 }
m = { type = "int", low = 0, high = 1000000000 }
x = { type = "float", low = -1.0, high = 1.0, step = 0.5 }
[trainer]
command = ["run"]""").replace('data = "photos"', "").replace('"512 MB"', f'"512 MB"{job}')  # fmt: skip
    text = text.replace("low = 1e-4, high = 1e-1, log = true", "low = 0.0, high = 0.1, step = 0.05")
    return parse_config(f'{text}\n[constraints]\nparameters = {conditions}\n[sampler]\nname = "{sampler}"\n', "f.toml")


@pytest.mark.parametrize(
    ("condition", "fault"),
    [
        ("x / n >= 0", "with n = 0, x = -1.0: float division by zero"),
        ("1000 ** n ** 9 > 0", "math range error"),
        ("log(n) >= 0", "with n = 0: "),
        ("sqrt(x) < 2", "with x = -"),
        ("activation < 3", "not supported between"),
        ("activation == 'relu' or activation * 2 > 3", "activation = 'gelu': 'gelu' is not a number"),
        ("1 / (n - 2) < 9", "with n = 2: "),
        ("m < 5 or 1 / (x - 0.5) < 9", "x = 0.5: float division by zero"),
    ],
)
def test_init_names_conditions_that_cannot_be_computed_for_some_configuration(condition: str, fault: str) -> None:
    if condition == "activation < 3":
        with pytest.raises(ConfigError, match=r"none of 3,000 configurations satisfies them.*cannot be computed"):
            study([condition])
        return
    (said,) = uncomputable_conditions(study([condition]))
    assert said.startswith(f"[constraints] parameters: {condition!r} cannot be computed with ")
    assert fault in said
    assert said.endswith(". sweep never proposes such configurations.")


def test_a_condition_that_others_guard_is_not_named() -> None:
    assert uncomputable_conditions(study(["x / n >= 0", "n > 0"])) == []
    assert uncomputable_conditions(study(["n == 0 or x / n >= 0"])) == []
    assert uncomputable_conditions(study([])) == []


def test_what_refuses_a_configuration() -> None:
    config = study(["x / n >= 0", "width < 64"])
    # As after a change of the study's file; `sweep init` would refuse the size.
    config = config.model_copy(update={"job": JobSection(retry_request_memory=["2048 + 99999 * (3 - n) + m"])})
    assert refusal(config, {"n": 1, "x": 0.5, "m": 9, "width": 8}) is None
    for values, text in [
        ({"n": 0, "x": 0.5, "m": 9, "width": 8}, "'x / n >= 0' cannot be computed with n = 0, x = 0.5"),
        ({"n": 0, "x": 0.5, "m": 9, "width": 64}, "the values break the condition 'width < 64'"),
        ({"n": 3, "x": 0.5, "m": 0, "width": 8}, "[job] retry_request_memory: must be more than"),
    ]:
        found = refusal(config, values)
        assert found is not None
        assert text in found.text
    assert partial_refusal(config, {"n": 3}) is None
    assert partial_refusal(config, {"n": 3, "m": 0}) is not None


def test_sizes_are_computed_all_over_the_space_that_the_conditions_allow() -> None:
    job = '\nretry_request_memory = "9000 / (n - 2) ** 2"'
    with pytest.raises(ConfigError, match=r"\[job\] retry_request_memory: .* cannot be computed with n = 2"):
        study([], job)
    assert study(["n != 2"], job)


@pytest.mark.parametrize("sampler", ["tpe", "grid", "bruteforce"])
def test_conditions_that_nothing_satisfies_are_a_mistake(sampler: str) -> None:
    text = "n * 10 + x > 99"
    with pytest.raises(ConfigError, match="none of 3,000 configurations satisfies them"):
        parse_config(_small(text, sampler), "f.toml")
    parse_config(_small("a == b and b == c and c == 77", sampler if sampler != "tpe" else "grid"), "f.toml")


def _small(condition: str, sampler: str) -> str:
    more = "n = { type = 'int', low = 0, high = 3 }\nx = 1\n"
    more += "".join(f"{name} = {{ type = 'int', low = 1, high = 100, step = 4 }}\n" for name in "abc")
    head = STUDY[: STUDY.index("[search]")]
    tail = f"[trainer]\ncommand = ['run']\n[constraints]\nparameters = ['{condition}']\n"
    return f'{head}[search]\n{more}{tail}[sampler]\nname = "{sampler}"\n'
