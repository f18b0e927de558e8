"""The section [job]: what a trial requests, and each retry of it."""

from __future__ import annotations

from typing import Any

import pytest

from sweep.config.conditions import TrialParameter, expand_parameters
from sweep.config.job import JobSection
from sweep.config.load import parse_config
from sweep.control.initialise import initialise
from sweep.nodes.propose import propose
from sweep.study.study import Study
from sweep.workflow.submit import submit_description
from tests.actions import mistakes_after
from tests.samples import STUDY


def asked(search: str) -> list[TrialParameter]:
    text = STUDY[: STUDY.index("[search]")] + f"[search]\n{search}\n[trainer]\ncommand = ['run']\n"
    return expand_parameters(parse_config(text, "study.toml").search)


CONDITIONAL = """
architecture = { type = "categorical", choices = ["convnet", "resnet18"] }
width = { type = "int", low = 8, high = 64, when = { architecture = "convnet" } }
depth = { type = "int", low = 1, high = 9 }
hidden = { type = "float", low = 0.5, high = 2.0, when = { depth = [3, 9] } }
"""


@pytest.mark.parametrize(
    ("job", "said"),
    [
        ({"request_memory": "512 + 40 * width"}, "request_memory: "),
        ({"request_memory": "512 + 40 * width if architecture == 'convnet' else 4096"}, ""),
        ({"request_disk": "1e9 / (depth - 1)"}, "cannot be computed"),
        ({"request_disk": "1000 * (depth - 2)"}, "is -1000 for {'depth': 1}"),
        ({"request_memory": "100 * depth", "retry_request_memory": ["2 * request_memory", "4 * request_memory"]}, ""),
        (
            {"request_memory": "100 * depth", "retry_request_memory": "request_memory"},
            "retry_request_memory: must be more than the 100 MB of",
        ),
        (
            {"request_memory": "100 * depth", "retry_request_memory": ["1 GB", "1 GB"]},
            "must be more than the 1024 MB of",
        ),
    ],
)
def test_what_some_trial_could_not_have_is_said(job: dict[str, Any], said: str) -> None:
    (found,) = JobSection.model_validate(job).size_mistakes(asked(CONDITIONAL)) or [""]
    assert said in found
    assert bool(said) == bool(found)


def test_too_many_corners_are_refused() -> None:
    many = "\n".join(f"x{n} = {{ type = 'int', low = 1, high = 2 }}" for n in range(15))
    job = JobSection(request_memory=" + ".join(f"x{n}" for n in range(15)))
    assert "use too many parameters" in job.size_mistakes(asked(many))[0]


def test_each_try_has_more() -> None:
    job = JobSection(request_memory="100 * n", retry_request_memory=["2 * request_memory", "8 GB"])
    assert job.trial_requests({"n": 3}) == {"request_memory": "300"}
    assert job.more_memory({"n": 3}) == [{"request_memory": "600"}, {"request_memory": "8 GB"}]
    gpus = JobSection(request_gpus=1, retry_request_memory=["4 GB", "8 GB"], retry_gpus_minimum_memory=["24 GB"])
    assert gpus.more_memory({}) == [
        {"request_memory": "4 GB", "gpus_minimum_memory": "24 GB"},
        {"request_memory": "8 GB", "gpus_minimum_memory": "24 GB"},
    ]
    assert JobSection().more_memory({}) == []


def test_a_trial_s_own_amounts_are_in_its_own_submit_commands(study: Study) -> None:
    file = study.paths.root.parent.parent / "study.toml"
    file.write_text(STUDY.replace('"512 MB"', '"512 + 40 * width"\nretry_request_memory = "2 * request_memory"'))
    study = initialise(file, lambda _: None)[0]
    for trial in propose(study, 0):
        memory = 512 + 40 * int(trial.params["width"])
        assert study.paths.trial(trial.number).own_submit.read_text() == f"request_memory = {memory}\n"
        assert trial.more_memory == [{"request_memory": str(2 * memory)}]
    text = submit_description("id", "tiny", study.config.trainer, study.config.job, file, ["photos"])
    assert "request_memory" not in text


@pytest.mark.parametrize(
    ("text", "interval"),
    [("30 min", (1800, None)), ("1.5 h", (5400, None)), ("1 epoch", (None, 1)), ("5 epochs", (None, 5))],
)
def test_checkpoint_intervals(text: str, interval: tuple[float | None, int | None]) -> None:
    there = parse_config(STUDY.replace("[job]", f'[job]\ncheckpoint_every = "{text}"'), "study.toml").job
    assert (there.checkpoint_interval.seconds, there.checkpoint_interval.epochs) == interval
    assert there.requests()["request_memory"] == "512 MB"
    assert "checkpoint_every" not in there.requests()


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('"512 MB"', '"512 apples"', 'must look like "4 GB" or "512 + 40 * width", not "512 apples"'),
        ("[job]", '[job]\ncheckpoint_every = "soon"', '[job] checkpoint_every: must look like "30 min", "2 h" or'),
        ("[job]", '[job]\ncheckpoint_every = "1.5 epochs"', "[job] checkpoint_every: must look like"),
        ("[job]", "[job]\ncontainer_image = 'a\\'", "[job] container_image: must be one line of printable"),
        ('"512 MB"', '"width - 8"', "[job] request_memory: 'width - 8' is 0 for {'width': 8}"),
        ('"512 MB"', '"width <= 8"', "[job] request_memory: must look like"),
        (
            '"512 MB"',
            '"width"\nretry_request_memory = "60 MB"',
            'must be more than the 64 MB of the attempt before, not "60 MB"',
        ),
        ("[job]", '[job]\nrequirements = "a) || (b"', "[job] requirements: must be a ClassAd expression"),
        ("[job]", '[job]\nrequire_gpus = "x"', "[job] require_gpus: has no effect without"),
        ("[job]", "[job.submit]\nconcurrency_limit = 'x'\n[job.attributes]", "did you mean 'concurrency_limits'?"),
        ("[job]", "[job.submit]\nqueue = 7\n[job.attributes]", "queue is not allowed: each node of the workflow"),
        ("[job]", "[job.submit]\ngetenv = true\n[job.attributes]", "getenv is not allowed: it would copy your env"),
        ("[job]", "[job.submit]\nrequest_memory = 7\n[job.attributes]", "request_memory belongs in [job]"),
        ("[job]", "[job.submit]\n'+WantX' = true\n[job.attributes]", "write WantX in [job.attributes]"),
        ("[job]", "[job.attributes]\n'+WantX' = true\n[job.submit]", "'+WantX' is not a valid name of a job attribute"),
        ("[job]", "[job.attributes]\nSweepTrial = 1\n[job.submit]", "SweepTrial must not begin with Sweep"),
        ("[job]", "[job.submit]\nwant_io_proxy = true\n[job.attributes]", "want_io_proxy is not allowed: every job"),
        ("[job]", "[job.submit]\nWant_IO_Proxy = true\n[job.attributes]", "Want_IO_Proxy is not allowed: every job"),
        ("[job]", "[job.submit]\n'+WANTIOPROXY' = true\n[job.attributes]", "WANTIOPROXY is not allowed: every job"),
        ("[job]", "[job.submit]\n'MY.WantIOProxy' = true\n[job.attributes]", "WantIOProxy is not allowed: every job"),
        ("[job]", "[job.attributes]\nWantIoProxy = true\n[job.submit]", "WantIoProxy is not allowed: every job could"),
        ("[job]", "[job.attributes]\nWantRemoteUpdates = 1\n[job.submit]", "WantRemoteUpdates is not allowed: every"),
        ("[job]", "[job.attributes]\nchirpsweepstep = 1\n[job.submit]", "must not begin with ChirpSweep"),
        ("[job]", "[job.attributes]\na = 1\nA = 2\n[job.submit]", "[job] attributes: has a twice"),
        ("[job]", '[job]\ndata = "x.zip"', "[job] data: must be a URL"),
        (
            "request_memory",
            "gpus_minimum_memory",
            "[job] gpus_minimum_memory: has no effect without request_gpus = 1",
        ),
    ],
)
def test_an_impossible_request_is_named(old: str, new: str, expected: str) -> None:
    found = mistakes_after(old, new)
    assert any(expected in line for line in found), found
