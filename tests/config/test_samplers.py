"""Samplers: their options, and how many configurations there are."""

from __future__ import annotations

import inspect
from typing import Any

import optuna
import pytest

from sweep.config.conditions import expand_parameters
from sweep.config.parameters import CategoricalParameter
from sweep.config.samplers import SAMPLERS, count_configurations
from tests.actions import mistakes_after


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
