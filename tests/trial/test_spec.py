"""A trial's trial.json, and its seeds."""

from __future__ import annotations

from sweep.trial.spec import derived_seed


def test_derived_seeds_differ_by_place_and_study() -> None:
    seeds = [derived_seed(seed, *place) for seed in (1, 2) for place in (("a", 0, 1), ("a", 1, 0), ("b", 0, 1))]
    assert len(set(seeds)) == len(seeds)
    assert all(0 <= seed < 2**31 for seed in seeds)
    assert derived_seed(7, "sampler", 0, 1) == derived_seed(7, "sampler", 0, 1)
