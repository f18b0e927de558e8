"""`sweep try`, for real; and every study file of configs/ that the shipped trainer runs, on tiny photos."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import torch
from torchvision.models import mobilenet_v3_small, resnet18

from sweep import resources
from sweep.control.dry_run import estimate_slot_hours
from sweep.control.initialise import initialise
from sweep.control.try_out import epoch_seconds, gpu_bytes, try_out, try_out_lines
from sweep.errors import ConfigError, StudyError
from sweep.optimizer.stored_study import StoredStudy
from sweep.study.study import Study
from sweep.study.tried import last_try
from sweep.system.files import locked
from sweep.trial.spec import ParamValue

pytestmark = pytest.mark.processes

CONFIGS = sorted(resources.resource_folder("configs").glob("*.toml"))


def make(config: Path, photos: Path, *changes: tuple[str, str]) -> Study:
    """The study of a file of configs/, on tiny photos."""
    text = re.sub(r'^data = "[^"]*"', f'data = "{photos}"', config.read_text(), flags=re.MULTILINE)
    text = re.sub(r"^(classes|container_image|gpus_\w+|request_gpus) = .*\n", "", text, flags=re.MULTILINE)
    text = re.sub(r"^image_size = \d+", "image_size = 32", text, flags=re.MULTILINE)
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    file = Path("study.toml")
    file.write_text(text)
    return initialise(file, lambda _: None)[0]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("here")
@pytest.mark.parametrize("config", CONFIGS, ids=lambda file: file.stem)
def test_every_shipped_study_runs(config: Path, photos: Path) -> None:
    values: dict[str, ParamValue] = {}
    if config.stem == "architectures":
        values = {"architecture": "mobilenet_v3_small", "pretrained": True}
        torch.save(resnet18().state_dict(), "resnet18-f37072fd.pth")
        torch.save({"model": mobilenet_v3_small().state_dict()}, "mobilenet_v3_small-047dcff4.pth")
    study = make(config, photos)
    said: list[str] = []
    tried = try_out(study, values, 1, 0.3, said.append)
    assert set(study.config.study.metric) <= tried.values.keys()
    assert tried.params.items() >= values.items()
    assert tried.seconds > 0
    assert tried.epoch_seconds is not None
    assert tried.memory_bytes > 50e6
    assert tried.checkpoint_bytes > 1000
    assert tried.data_bytes > 1000
    if values:
        assert any("pretrained weights loaded from mobilenet_v3_small-047dcff4.pth" in line for line in said)
    text = "\n".join(try_out_lines(study, tried))
    assert "[job]\nrequest_cpus" in text
    assert StoredStudy.open(study, writing=False).rows() == [], "nothing is asked of the study itself"
    assert "in `sweep try`, on this machine" in estimate_slot_hours(study, 10)


QUICKSTART = resources.resource_folder("configs") / "quickstart.toml"


@pytest.mark.usefixtures("here")
def test_what_is_named_is_tried_and_a_failure_has_its_last_words(photos: Path) -> None:
    study = make(QUICKSTART, photos)
    tried = try_out(study, {"width": 8, "lr": 0.05}, 2, None, lambda _: None)
    assert (tried.params["width"], tried.params["lr"], tried.epochs) == (8, 0.05, 2)
    with pytest.raises(ConfigError, match="widht is not a parameter of this study; did you mean 'width'"):
        try_out(study, {"widht": 8}, 1, None, lambda _: None)
    (study.paths.trainer / "__main__.py").write_text("raise SystemExit('no photos today')")
    with pytest.raises(StudyError, match=r"exited with status 1:\nno photos today"):
        try_out(study, {}, 1, None, lambda _: None)
    assert last_try(study) is None


OWN = """
[study]
name = "own"
metric = "score"
direction = "maximize"
trials_per_generation = 2
[search]
x = { type = "float", low = 0.0, high = 1.0 }
[trainer]
command = ["sh", "run.sh", "{x}"]
environment = { TITLE = "it's {number}" }
inputs = ["run.sh"]
metrics = { stdout = 'score (\\S+)' }
"""


def test_a_program_of_one_s_own_is_tried_too(here: Path) -> None:
    (here / "run.sh").write_text('echo "$TITLE"; echo "score $1"; test "$1" != 1.0\n')
    (here / "study.toml").write_text(OWN)
    study, _ = initialise(Path("study.toml"), lambda _: None)
    said: list[str] = []
    tried = try_out(study, {"x": 0.25}, 1, None, said.append)
    assert tried.values == {"score": 0.25}
    assert "it's 0" in said
    with pytest.raises(ConfigError, match="--fraction works only with the shipped trainer"):
        try_out(study, {}, 1, 0.5, said.append)
    with pytest.raises(StudyError, match="exited with status 1"):
        try_out(study, {"x": 1.0}, 1, None, said.append)
    (study.paths.inputs / "run.sh").write_text("echo nothing\n")
    with pytest.raises(StudyError, match="but no score was reported: nothing in its output matches 'score ") as caught:
        try_out(study, {"x": 0.5}, 1, None, said.append)
    assert caught.value.advice == f"See {study.paths.tried.stdout}"


def reports(*lines: dict[str, float]) -> str:
    return "".join(json.dumps(line) + "\n" for line in lines)


def test_a_second_try_at_once_says_so_and_leaves_the_first_alone(study: Study) -> None:
    study.paths.tried.root.mkdir()
    study.paths.tried.stdout.write_text("of the first\n")
    with locked(study.paths.try_lock, wait=True), pytest.raises(StudyError, match="another `sweep try`") as caught:
        try_out(study, {}, 1, 0.5, print)
    assert caught.value.advice.endswith("run: sweep try")
    assert study.paths.tried.stdout.read_text() == "of the first\n"


def test_an_epoch_s_time_is_that_of_all_the_data_without_the_warm_up() -> None:
    first, second = {"seconds": 9.0, "val_seconds": 1.0}, {"seconds": 2.0, "val_seconds": 1.0}
    assert epoch_seconds(reports(first, second, second), 0.1) == 21.0
    assert epoch_seconds(reports(first), None) == 10.0
    assert epoch_seconds(reports({"acc": 1.0}) + "torn", 0.1) is None
    assert gpu_bytes(reports({"gpu_memory_mb": 100.0}, {"gpu_memory_mb": 300.0})) == 300_000_000
