"""Sites: their defaults, their rules, and sites of a user's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from sweep.config.load import load_config, parse_config
from sweep.config.sites import Measurements, Site, broken_rules, load_site, shipped_sites, site_facts, site_warnings
from sweep.control.initialise import initialise as initialise_study
from sweep.errors import ConfigError, DataError
from sweep.study.study import Study
from tests.samples import OWN_SITE, STUDY


def site(name: str) -> Site:
    return load_site(shipped_sites()[name], name)


@pytest.mark.parametrize("name", shipped_sites())
def test_shipped_sites_are_whole_and_name_public_sources(name: str) -> None:
    there = site(name)
    assert there.name
    assert all(rule.source.startswith("https://") for rule in there.rules)
    job = parse_config(STUDY.replace("[job]", f'[job]\nsite = "{name}"'), "study.toml").job
    assert job.request_memory == "512 MB"


def test_a_study_s_own_words_win_over_its_site_s() -> None:
    own = 'site = "chtc"\nslice = "2 h"\n[job.attributes]\nGPUJobLength = "long"\nMine = 1\n[ap]\nscripts = 3\n'
    there = parse_config(STUDY + own, "study.toml")
    assert there.job.slice == "2 h"
    wanted = {"WantGPULab": True, "GPUJobLength": "long", "is_resumable": True, "Mine": 1}
    assert there.job.attributes == wanted
    assert (there.ap.scripts, there.ap.idle_jobs) == (3, 200)


def test_slices_are_for_trials_that_go_on_from_a_checkpoint() -> None:
    own = STUDY.replace('data = "photos"', 'data = "photos"\ncommand = ["go"]') + 'site = "chtc"\n'
    job = parse_config(own, "study.toml").job
    assert (job.slice, job.attributes) == (None, {"WantGPULab": True, "GPUJobLength": "short"})
    assert parse_config(own.replace('["go"]', '["go"]\ncheckpoints = true'), "study.toml").job.slice == "4 h"


@pytest.mark.parametrize(
    ("name", "job", "epoch_hours", "said"),
    [
        ("chtc", "request_gpus = 1", 0.5, []),
        ("chtc", "request_gpus = 1\nslice = '20 h'", 8, ["before they are done, and they resume"]),
        ("chtc", "request_gpus = 1\nslice = '20 h'\ncheckpoint_every = '13 h'", 8, [
            "before it sends a checkpoint", "before they are done", "is_resumable is for",
        ]),
        ("chtc", "", 0.5, ["the GPU Lab is for jobs with GPUs"]),
        ("chtc", "request_gpus = 1\n[job.attributes]\nGPUJobLength = 'middle'", 0.5, ["12 hours"]),
        ("ospool", "container_image = 'osdf:///x.sif'", 1, []),
        ("ospool", "", 1, ["do not have your software"]),
        ("ospool", "container_image = '/x.sif'\nslice = '15 h'", 9, ["Medium is for jobs below 10 hours"]),
        ("ospool", "container_image = '/x.sif'\nslice = '50 h'\ncheckpoint_every = '45 h'", 50, [
            "run for 20 hours", "run for 40 hours", "jobs above 20 hours", "evict a job at any moment",
        ]),
        ("ospool", "container_image = '/x.sif'\n[ap]\nidle_jobs = 10000", 1, []),
        ("personal", "", 99, []),
    ],
)  # fmt: skip
def test_broken_rules(name: str, job: str, epoch_hours: float, said: list[str]) -> None:
    there = parse_config(STUDY + f'site = "{name}"\n{job}\n', "study.toml")
    found = broken_rules(site(name), site_facts(there, Measurements(epoch_hours * 3600, 0)))
    assert len(found) == len(said), found
    for rule, text in zip(found, said, strict=True):
        assert text in rule.advice


def test_what_is_not_known_breaks_no_rule_but_is_told() -> None:
    there = parse_config(STUDY + 'site = "ospool"\nslice = "1 epochs"\ncheckpoint_every = "1 epochs"\n', "study.toml")
    known = site_facts(there, Measurements(None, 3 * 10**9))
    assert "job_hours" not in known
    told = site_warnings(site("ospool"), known)
    assert [line.split(" (")[0][:30] for line in told[:-1]] == [
        "warning: put files above 1 GB,",
        "warning: execute points do not",
    ]
    assert told[-1] == "Some rules of Open Science Pool depend on how long a job lasts. To measure it, run: sweep try"


def initialise(file: Path) -> Study:
    return initialise_study(file, lambda _: None)[0]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"the cellar"', "3", "name"),
        (
            "epochs > 1",
            "epoch > 1",
            "'epoch' in \"Cellar == 'deep' and epoch > 1\" is not known; did you mean 'epochs'?",
        ),
        ("epochs > 1", "epochs >", "is not a valid expression"),
        ("[job]", "[jobb]", "jobb"),
        ('"deep"', '"deep"\nwantIOproxy = true', "wantIOproxy is not allowed: every job could then read and write"),
        ("[job]", "[job.submit]\nwant_io_proxy = true\n[job]", "want_io_proxy is not allowed: every job could then"),
        ("name =", "name", "cellar.toml: "),
    ],
)
def test_a_site_that_cannot_be_used_is_told(own_site: Path, old: str, new: str, said: str) -> None:
    (own_site.parent / "cellar.toml").write_text(OWN_SITE.replace(old, new))
    with pytest.raises(ConfigError) as caught:
        load_config(own_site)
    assert said in str(caught.value)


@pytest.mark.parametrize(("name", "said"), [("chct", "did you mean 'chtc'?"), ("3", "there is no site '3'")])
def test_a_site_that_is_not_there_is_told(name: str, said: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(STUDY + f'site = "{name}"\n', "study.toml")
    assert said in str(caught.value)


def test_a_container_s_file_counts_from_the_study_file(study_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sweep.control.initialise.sweep_commit", lambda: None)
    study_file.write_text(STUDY + 'container_image = "torch.sif"\n')
    with pytest.raises(DataError, match=r"container_image: there is no .*torch.sif"):
        initialise(study_file)
    (study_file.parent / "torch.sif").write_text("an image")
    there = initialise(study_file)
    assert there.job.container_image == str(study_file.parent / "torch.sif")
    for image in ("osdf:///x/torch.sif", "/cvmfs/torch", "docker://a/b:1"):
        study_file.write_text(STUDY + f'container_image = "{image}"\n')
        there.paths.dag.mkdir(exist_ok=True)
        there = initialise(study_file)
        assert there.job.container_image == image
