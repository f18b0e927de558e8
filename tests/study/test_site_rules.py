"""A site's rules, checked for a study."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from sweep.control.initialise import initialise as initialise_study
from sweep.errors import ConfigError
from sweep.study.site_rules import _facts, check_site_rules, site_messages
from sweep.study.study import Study, load_study
from tests.samples import STUDY


def initialise(file: Path) -> Study:
    return initialise_study(file, lambda _: None)[0]


def test_a_site_of_one_s_own_stays_with_the_study(own_site: Path) -> None:
    there = initialise(own_site)
    assert (there.config.job.request_cpus, there.config.job.attributes) == (2, {"Cellar": "deep"})
    assert site_messages(there) == ["error: keep it short (https://example.org/cellar)"]
    with pytest.raises(ConfigError, match="the cellar: error: keep it short"):
        check_site_rules(there)
    (own_site.parent / "cellar.toml").unlink()
    assert load_study(there.paths).config == there.config
    # Another site is taken up like any other change.
    own_site.write_text(STUDY + 'site = "personal"\n')
    there.paths.dag.mkdir()
    there = initialise(own_site)
    assert (there.config.job.request_cpus, site_messages(there)) == (1, [])
    own_site.write_text(STUDY)
    assert not initialise(own_site).paths.site.exists()


def test_time_is_measured_by_what_was_tried(own_site: Path) -> None:
    there = initialise(own_site)
    tried: dict[str, Any] = {
        "params": {}, "epochs": 1, "values": {}, "seconds": 9.0, "epoch_seconds": 7200.0, "memory_bytes": 1,
        "gpu_bytes": 0, "checkpoint_bytes": 0, "data_bytes": 0,
    }  # fmt: skip
    there.paths.tried.root.mkdir()
    (there.paths.tried.root / "tried.json").write_text(json.dumps(tried))
    each = _facts(there)
    assert (each["epoch_hours"], each["job_hours"], each["stretch_hours"]) == (2.0, 4.0, 1.0)
