"""The study file that `sweep init` writes."""

from __future__ import annotations

from pathlib import Path

import pytest

from sweep.config.load import load_config
from sweep.errors import ConfigError
from sweep.study.quickstart import write_quickstart


def test_it_is_a_valid_study_file_and_written_once(tmp_path: Path) -> None:
    file = write_quickstart(tmp_path / "study.toml")
    assert load_config(file).study.name == "quickstart"
    assert write_quickstart(file) == file


def test_another_file_is_never_replaced(tmp_path: Path) -> None:
    file = tmp_path / "study.toml"
    file.write_text("mine\n")
    with pytest.raises(ConfigError, match=r"study\.toml") as caught:
        write_quickstart(file)
    assert f"sweep init {file}" in caught.value.advice
    assert file.read_text() == "mine\n"
