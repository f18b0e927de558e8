"""The study file: what is accepted, and what each mistake is told as."""

from __future__ import annotations

from pathlib import Path

import pytest

from sweep import resources
from sweep.config.load import load_config, parse_config
from sweep.errors import ConfigError
from tests.actions import mistakes, mistakes_after
from tests.samples import OWN, STUDY


@pytest.mark.parametrize(
    "file", sorted(resources.resource_folder("configs").glob("*.toml")), ids=lambda file: file.name
)
def test_shipped_studies_are_valid(file: Path) -> None:
    assert load_config(file).search


def test_a_good_file_keeps_every_value() -> None:
    there = parse_config(STUDY, "study.toml")
    assert there.study.trials_per_generation == 3
    lr = there.search["lr"].model_dump(exclude_defaults=True)
    assert lr == {"type": "float", "low": 1e-4, "high": 0.1, "log": True}
    assert there.job.request_memory == "512 MB"
    assert there.job.request_gpus == 0


def test_what_is_no_toml_is_named() -> None:
    assert "not valid TOML" in mistakes_after("high = 64", "high = 64, low = 0")[0]


def test_one_mistake_gives_one_line() -> None:
    assert len(mistakes(STUDY.replace('"512 MB"', '"512 apples"'))) == 1
    assert len(mistakes(STUDY.replace('data = "photos"', "data = 3"))) == 1
    assert len(mistakes(STUDY.replace('"relu", "gelu"', "[1], {}"))) == 2


def test_all_mistakes_are_shown_at_once() -> None:
    text = STUDY.replace('metric = "val_accuracy"', "").replace("low = 1e-4,", "low = -1.0,").replace("epochs", "epoch")
    found = "\n".join(mistakes(text))
    for key in ("[study] metric", "[search] lr", "[trainer] epoch:", "[trainer] epochs: missing"):
        assert key in found


def test_a_section_that_is_no_section() -> None:
    assert mistakes("study = 3\n" + STUDY.replace("[study]", "[other]"))[0].startswith(
        "study.toml: [study]: must be a section of its own, [study]"
    )


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    file = tmp_path / "study.toml"
    file.write_text(STUDY, encoding="utf-8-sig")
    assert load_config(file).study.name == "tiny"


def test_a_missing_file_says_what_to_type(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file") as caught:
        load_config(tmp_path / "none.toml")
    assert "sweep init" in caught.value.advice


def test_what_an_earlier_version_accepted_still_runs() -> None:
    """The file of an initialised study may have what `sweep init` refuses today."""
    secret = OWN.replace("environment = {", 'environment = { OPENAI_KEY = "x",')
    clash = OWN.replace('inputs = ["train.py"]', 'inputs = ["train.py", "log.csv"]')
    for text in (secret, clash):
        with pytest.raises(ConfigError):
            parse_config(text, "study.toml")
        assert parse_config(text, "study.toml", accepted=True).trainer.command
