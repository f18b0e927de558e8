"""Samplers: their options, and how many configurations there are."""

from __future__ import annotations

import inspect
import tracemalloc
from typing import Any

import optuna
import pytest

from sweep.config.conditions import expand_parameters
from sweep.config.load import parse_config
from sweep.config.parameters import CategoricalParameter, IntParameter
from sweep.config.samplers import SAMPLERS, count_configurations
from sweep.errors import ConfigError
from tests.actions import mistakes_after
from tests.samples import STUDY


def test_configurations_are_counted_as_far_as_is_asked() -> None:
    search: dict[str, Any] = {
        f"x{n}": CategoricalParameter(type="categorical", choices=list(range(10))) for n in range(6)
    }
    asked = expand_parameters(search)
    assert count_configurations(asked[:2], lambda _: True, 1000) == 100
    assert count_configurations(asked[:2], lambda values: int(values["x0"]) > int(values["x1"]), 1000) == 45
    assert count_configurations(asked, lambda _: True, 500) == 500
    assert count_configurations(asked, lambda _: False, 500) == 500, "where to count takes long there may be more"


@pytest.mark.parametrize("name", sorted(SAMPLERS.keys() - {"grid"}))
def test_options_are_those_of_optuna_s_class(name: str) -> None:
    signature = inspect.signature(getattr(optuna.samplers, SAMPLERS[name].class_name).__init__).parameters
    options = SAMPLERS[name].options
    assert set(options) <= set(signature)
    for option, types in options.items():
        words = str(signature[option].annotation)
        assert any(one.__name__ in words for one in types), (option, words)
    # What a study file can say, it may: all other options are callables, objects, or obsolete.
    plain = {
        option
        for option, parameter in signature.items()
        if any(kind in str(parameter.annotation) for kind in ("bool", "int", "float", "str"))
        and not any(kind in str(parameter.annotation) for kind in ("Callable", "dict", "list", "Mapping", "ndarray"))
    }
    left_out = {"seed", "warn_independent_sampling", "warn_asynchronous_seeding", "restart_strategy", "inc_popsize"}
    assert plain - left_out - {"consider_prior", "consider_magic_clip", "consider_endpoints"} == set(options)


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("[trainer]", '[sampler]\nname = "tpa"\n[trainer]', "[sampler] name: unknown sampler 'tpa'; did you mean 't"),
        (
            "[trainer]",
            "[sampler]\npopsize = 5\n[trainer]",
            "[sampler] popsize: unknown option of tpe; allowed: prior_weight",
        ),
        ("[trainer]", "[sampler]\ngroup = 1\n[trainer]", "[sampler] group: must be true or false, not 1"),
        ("[trainer]", '[sampler]\nname = "grid"\n[trainer]', "[search] lr: grid needs a step, or a list of choices"),
    ],
)
def test_an_impossible_sampler_is_named(old: str, new: str, expected: str) -> None:
    found = mistakes_after(old, new)
    assert any(expected in line for line in found), found


@pytest.mark.parametrize(
    ("sampler", "entry", "expected"),
    [
        ("grid", 'type = "int", low = 0, high = 1000000000', "[search] width: grid would list 1,000,000,001 values"),
        ("bruteforce", 'type = "float", low = 0.0, high = 1.0, step = 1e-7', "bruteforce would list 10,000,001 values"),
        (
            "gp",
            'type = "int", low = 1, high = 9007199254740992, log = true',
            "would list 9,007,199,254,740,992 values",
        ),
        ("gp", 'type = "float", low = 0.0, high = 1.0', ""),
        ("tpe", 'type = "int", low = -9007199254740992, high = 9007199254740992', ""),
        ("tpe", 'type = "int", low = 0, high = 1000000000, repeat = 1000', ""),
        ("tpe", 'type = "float", low = 0.0, high = 1.0, step = 1e-12', "[search] width: step (1e-12) is too small"),
        ("tpe", f'type = "categorical", choices = {list(range(20_000))}', "has 20,000 choices; at most 10,000"),
        ("tpe", f'type = "categorical", choices = {list(range(10_000))}', ""),
    ],
)
def test_no_range_is_listed_in_memory(sampler: str, entry: str, expected: str) -> None:
    search = "lr = 1\nwidth = { " + entry + " }\n[trainer]\ncommand = ['run']\n"
    text = STUDY[: STUDY.index("[search]")] + f'[search]\n{search}[sampler]\nname = "{sampler}"\n'
    tracemalloc.start()
    try:
        found = ""
        parse_config(text, "study.toml")
    except ConfigError as error:
        found = str(error)
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert expected in found
    assert bool(expected) == bool(found)
    assert peak < 20_000_000


def test_a_count_takes_no_memory_with_the_sizes_of_the_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sweep.config.samplers.MAX_COUNTED", 1000)
    search: dict[str, Any] = {f"x{n}": IntParameter(type="int", low=0, high=99_999, repeat=100) for n in range(3)}
    candidates = expand_parameters(search)
    tracemalloc.start()
    assert count_configurations(candidates, lambda _: False, 500) == 500
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5_000_000
