"""Names of files in the folders of jobs and trials."""

from __future__ import annotations

import pytest

from sweep.config.file_names import OWN
from sweep.config.load import parse_config
from sweep.config.trainer import file_name
from sweep.errors import ConfigError
from tests.samples import OWN as OWN_STUDY
from tests.samples import STUDY


def mistakes(old: str, new: str, study: str = OWN_STUDY) -> str:
    try:
        parse_config(study.replace(old, new, 1), "study.toml")
    except ConfigError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(
    ("place", "name"),
    [
        ("./x", "x"), ("x/", "x"), ("dir/../x", "x"), ("dir/./x//", "x"), ("/a/b.zip", "b.zip"), ("a?b", "a?b"),
        ("https://host/a/b.zip?version=2", "b.zip"), ("osdf:///a/dir/", "dir"), (".", ""), ("..", ""), ("a/..", ""),
        ("../", ""), ("~", ""), ("/", ""),
    ],
)  # fmt: skip
def test_the_name_in_the_job_s_folder(place: str, name: str) -> None:
    assert file_name(place) == name


@pytest.mark.parametrize(
    "name", [name for name in sorted(OWN - {"metrics.jsonl"}) if name.endswith((".json", ".jsonl"))]
)
def test_metrics_have_no_name_of_sweep_s_own_files(name: str) -> None:
    expected = f"[trainer] metrics: {name!r} is also the name of sweep's own file; choose another name"
    assert expected in mistakes('"log.csv"', f'"{name}"')


OTHERS = [
    *OWN, "sweep_trial.py", "checkpoint.previous.new", "checkpoint.3", "out.1", "err.12", "log.csv.1", "_condor_stdout",
    "_CONDOR_stderr", ".job.ad", ".machine.ad", ".chirp.config", "docker_stderror", "condor_exec.exe", ".condor_creds",
]  # fmt: skip


@pytest.mark.parametrize("name", sorted(OTHERS))
@pytest.mark.parametrize("spelling", ["{}", "./{}", "lib/../{}", "{}/", "osdf:///x/{}?a"])
def test_inputs_have_no_name_of_files_that_are_there_anyway(name: str, spelling: str) -> None:
    said = mistakes('["train.py"]', f'["train.py", "{spelling.format(name)}"]')
    assert f"[trainer] inputs: {name!r} is also the name of " in said
    assert said.endswith(("sweep's own file; choose another name", "HTCondor's own file; choose another name"))


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('["train.py"]', '["train.py", "old/log.csv"]', "inputs: 'log.csv' is also the name of [trainer] metrics"),
        ('["train.py"]', '["train.py", "./train.py/"]', "inputs: 'train.py' is also the name of another entry"),
        ('["train.py"]', '["train.py", "logs"]\noutputs = ["logs"]', "outputs: 'logs' is also the name of [trainer] i"),
        ('["train.py"]', '["train.py"]\noutputs = ["a", "a"]', "outputs: 'a' is also the name of another entry"),
        ('["train.py"]', '["train.py"]\noutputs = ["out"]', "outputs: 'out' is also the name of sweep's own file"),
        ('["train.py"]', '["train.py"]\ndata = "x/train.py"', "data: 'train.py' is also the name of [trainer] inputs"),
        ("[job]", '[job]\ncontainer_image = "train.py"', "[job] container_image: 'train.py' is also the name of [trai"),
        ('["train.py"]', '["."]', '[trainer] inputs: must name files and folders, not "."'),
        ('["train.py"]', '["lib/.."]', '[trainer] inputs: must name files and folders, not "lib/.."'),
        ('SEED = "{seed}"', '_condor_JOB_AD = "x"', "[trainer] environment: must not have _condor_JOB_AD, because HTC"),
        ('"log.csv"', '"metrics.jsonl"', ""),
        ('["train.py"]', '["train.py", "trainer", "checkpoints", "checkpoint.pt", "output"]\noutputs = ["logs"]', ""),
        ('SEED = "{seed}"', 'OMP_NUM_THREADS = "1"', ""),
        ("[job]", '[job]\ncontainer_image = "docker://host/out"', ""),
    ],
)
def test_names_that_collide(old: str, new: str, expected: str) -> None:
    said = mistakes(old, new)
    assert expected in said
    assert bool(said) == bool(expected)


@pytest.mark.parametrize(
    ("new", "expected"),
    [
        ('"x/trainer"', "[trainer] data: 'trainer' is also the name of sweep's own file"),
        ('"metrics.jsonl"', "[trainer] data: 'metrics.jsonl' is also the name of sweep's own file"),
        (
            '"x.pth"\nweights = { resnet18 = "y/x.pth" }',
            "[trainer] weights.resnet18: 'x.pth' is also the name of [trai",
        ),
        (
            '"photos"\nweights = { resnet18 = "a.pth", resnet34 = "b/a.pth" }',
            "'a.pth' is also the name of [trainer] we",
        ),
        (
            '"photos"\n[job]\ndata = "osdf:///x/out"\n[ap]\nscripts=9\n#',
            "[job] data: 'out' is also the name of sweep's",
        ),
    ],
)
def test_files_of_the_shipped_trainer(new: str, expected: str) -> None:
    study = STUDY if "[job]" not in new else STUDY.replace("[job]", "#").replace("request_memory", "#")
    assert expected in mistakes('"photos"', new, study)
