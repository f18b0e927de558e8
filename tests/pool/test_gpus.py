"""A pool with GPUs of several kinds, simulated, that holds jobs for too much memory: trials land only where they may,
have what they ask for, and grow. Data comes by URL."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sweep.nodes.data_digests import known_digest
from sweep.pool import personal, schedd
from sweep.pool.connect import connect, is_personal
from sweep.study.study import Study
from tests.pool.actions import GOOD, make_light, report, sweep

pytestmark = pytest.mark.pool

# condor_gpu_discovery's kinds 1 to 4: GTX 480 (2.0, 1.5 GB), V100 (7.0), TITAN RTX (7.5), A100 (8.0, 46 GB).
LOCAL = """
# As on an access point: jobs share inputs.
GUIDANCE_KEEP_CALM_AND = False
FORBID_COMMON_FILE_TRANSFER = False
GPU_DISCOVERY_EXTRA = -extra -simulate:1,1,2,1,3,1,4,1
use POLICY : HOLD_IF_MEMORY_EXCEEDED
POLLING_INTERVAL = 1
STARTER_INITIAL_UPDATE_INTERVAL = 1
STARTER_UPDATE_INTERVAL = 1
"""

TELLS = """
ads = {}
for file in ('.machine.ad', '.job.ad'):
    for line in open(file):
        name, _, value = line.partition(' = ')
        ads[name] = value.strip().strip('"')
keys = ('GPUs_DeviceName', 'RequestMemory', 'WantGPULab', 'GPUJobLength', 'Rank')
print(json.dumps({key: ads.get(key) for key in keys}))
"""

GREEDY = """
if ads['RequestMemory'] == '64':
    hoard = bytearray(200 * 2**20)
    time.sleep(600)
"""

READS = """
import hashlib
data = open(trial['data']['path'], 'rb').read()
line = {'step': 1, 'val_accuracy': 0.5, 'data_sha256': hashlib.sha256(data).hexdigest()}
print(json.dumps(line), file=open('metrics.jsonl', 'a'))
"""

STUDIES: dict[str, dict[str, Any]] = {
    "newer": {"job": "request_gpus = 1\ngpus_minimum_capability = 7.5\n"},
    "older": {"job": 'request_gpus = 1\ngpus_maximum_capability = 7.0\ngpus_minimum_memory = "2 GB"\n'},
    "named": {"job": "request_gpus = 1\nrequire_gpus = 'DeviceName == \"A100-SXM4-40GB\"'\n"},
    "own words": {
        "job": "requirements = 'TARGET.Cpus > 0 || false'\n[job.submit]\nrank = 'Memory'\n"
        '[job.attributes]\nWantGPULab = true\nGPUJobLength = "it\'s $(short)"\n',
        "memory": "\"96 if activation == 'relu' else 80\"",
    },
    "greedy": {"body": TELLS + GREEDY + GOOD, "memory": '"64"', "job": 'retry_request_memory = "8 * request_memory"\n'},
    "data by URL": {"body": READS},
}


@pytest.fixture(scope="module")
def gpu_pool(pytestconfig: pytest.Config) -> Iterator[None]:
    """A pool of this module's own, beside the session's."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(pytestconfig.rootpath / ".pytest-pool" / "gpus"))
        patch.delenv("CONDOR_CONFIG", raising=False)
        patch.setenv("PATH", os.environ["PATH"])
        sweep("pool", "stop")  # of a session that was killed
        personal.pool_directory().mkdir(parents=True, exist_ok=True)
        (personal.pool_directory() / "condor_config.local").write_text(LOCAL)
        sweep("pool", "start", "--slots", "8")
        try:
            connect()
            # By another name its configuration is that of an access point.
            access_point = personal.pool_directory() / "access_point_config"
            access_point.unlink(missing_ok=True)
            access_point.symlink_to(personal.config_file())
            patch.setenv("CONDOR_CONFIG", str(access_point))
            connect()
            assert not is_personal()
            yield
        finally:
            personal.kill_pool()  # what has been sent for all jobs stays a while, and a stop would wait for it
    if "CONDOR_CONFIG" in os.environ:
        schedd.schedd_answers()  # reads the configuration of the session's pool again


@pytest.fixture(scope="module")
def launched(gpu_pool: None, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Study]:  # noqa: ARG001
    """All studies of this module, side by side."""
    studies = {}
    for name, wanted in STUDIES.items():
        folder = tmp_path_factory.mktemp(name.replace(" ", "-"))
        if name == "data by URL":
            (folder / "photos-v1.zip").write_bytes(b"first")
            wanted = {**wanted, "data": (folder / "photos-v1.zip").as_uri()}
        studies[name] = make_light(folder, **{"body": TELLS + GOOD, **wanted})
        sweep("launch", "--generations", "1", cwd=folder)
    return studies


def folder_of(study: Study) -> Path:
    return study.paths.root.parent.parent


def end(study: Study, generations: int = 1) -> list[dict[str, Any]]:
    """The trials of a study, after its end."""
    sweep("launch", "--generations", str(generations), "--watch", cwd=folder_of(study), check=False)
    trials: list[dict[str, Any]] = report(study)["trials"]
    return trials


def told(study: Study) -> list[dict[str, Any]]:
    assert [trial["state"] for trial in end(study)] == ["COMPLETE"] * 3
    return [json.loads(study.paths.trial(number).stdout.read_text()) for number in range(3)]


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        ("newer", {"TITAN RTX", "A100-SXM4-40GB"}),
        ("older", {"Tesla V100-PCIE-16GB"}),
        ("named", {"A100-SXM4-40GB"}),
    ],
)
def test_trials_land_only_on_gpus_that_they_may_have(launched: dict[str, Study], name: str, kinds: set[str]) -> None:
    assert {ad["GPUs_DeviceName"] for ad in told(launched[name])} <= kinds


def test_attributes_submit_commands_and_amounts_reach_the_job(launched: dict[str, Study]) -> None:
    study = launched["own words"]
    ads = told(study)
    for number, ad in enumerate(ads):
        params = json.loads(study.paths.trial(number).spec.read_text())["params"]
        assert ad["RequestMemory"] == ("96" if params["activation"] == "relu" else "80")
        assert (ad["WantGPULab"], ad["GPUJobLength"], ad["Rank"]) == ("true", "it's $(short)", "Memory")


def test_data_that_is_overwritten_under_its_url_is_noticed(launched: dict[str, Study]) -> None:
    study = launched["data by URL"]
    assert [trial["state"] for trial in end(study)] == ["COMPLETE"] * 3
    assert known_digest(study.paths) == hashlib.sha256(b"first").hexdigest()
    # HTCondor sent it to the machine once for all jobs there.
    assert "transfer_common_input = file:///" in study.paths.submit.read_text()
    (folder_of(study) / "photos-v1.zip").write_bytes(b"second")
    trials = end(study, 2)[3:]
    assert [trial["state"] for trial in trials] == ["FAIL"] * 3
    assert all("Was photos-v1.zip overwritten?" in trial["reason"] for trial in trials)


def test_a_trial_that_is_held_for_its_memory_is_tried_again_with_more(launched: dict[str, Study]) -> None:
    study = launched["greedy"]
    assert [ad["RequestMemory"] for ad in told(study)] == ["512"] * 3
    assert "Code 21 Subcode 102" in study.paths.trial(0).job_log.read_text()
    assert json.loads(study.paths.trial(0).endings.read_text())["kind"] == "memory"
