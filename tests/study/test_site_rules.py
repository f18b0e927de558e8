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

OWN = """
name = "the cellar"
[job]
request_cpus = 2
[job.attributes]
Cellar = "deep"
[[rules]]
avoid = "Cellar == 'deep' and epochs > 1"
advice = "keep it short"
source = "https://example.org/cellar"
level = "error"
"""


@pytest.fixture
def own(study_file: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("sweep.control.initialise.sweep_commit", lambda: None)
    (study_file.parent / "cellar.toml").write_text(OWN)
    study_file.write_text(STUDY + 'site = "cellar.toml"\n')
    return study_file


def initialise(file: Path) -> Study:
    return initialise_study(file, lambda _: None)[0]


def test_a_site_of_one_s_own_stays_with_the_study(own: Path) -> None:
    there = initialise(own)
    assert (there.config.job.request_cpus, there.config.job.attributes) == (2, {"Cellar": "deep"})
    assert site_messages(there) == ["error: keep it short (https://example.org/cellar)"]
    with pytest.raises(ConfigError, match="the cellar: error: keep it short"):
        check_site_rules(there)
    (own.parent / "cellar.toml").unlink()
    assert load_study(there.paths).config == there.config
    # Another site is taken up like any other change.
    own.write_text(STUDY + 'site = "personal"\n')
    there.paths.dag.mkdir()
    there = initialise(own)
    assert (there.config.job.request_cpus, site_messages(there)) == (1, [])
    own.write_text(STUDY)
    assert not initialise(own).paths.site.exists()


def test_time_is_measured_by_what_was_tried(own: Path) -> None:
    there = initialise(own)
    tried: dict[str, Any] = {
        "params": {}, "epochs": 1, "values": {}, "seconds": 9.0, "epoch_seconds": 7200.0, "memory_bytes": 1,
        "gpu_bytes": 0, "checkpoint_bytes": 0, "data_bytes": 0,
    }  # fmt: skip
    there.paths.tried.root.mkdir()
    (there.paths.tried.root / "tried.json").write_text(json.dumps(tried))
    each = _facts(there)
    assert (each["epoch_hours"], each["job_hours"], each["stretch_hours"]) == (2.0, 4.0, 1.0)
