"""What travels with each trial."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from sweep.config.trainer import TrainerSection
from sweep.errors import DataError
from sweep.study.inputs import copy_inputs, locate_data, tree_sha256


def test_the_hash_of_a_folder_sees_names_and_contents(tmp_path: Path) -> None:
    hashes = set()
    for name, content in (("a", "x"), ("b", "x"), ("a", "y")):
        folder = tmp_path / f"{name}{content}"
        folder.mkdir()
        (folder / name).write_text(content)
        hashes.add(tree_sha256(folder))
        assert tree_sha256(folder) in hashes
    assert len(hashes) == 3


def test_a_secret_s_file_keeps_its_mode(tmp_path: Path) -> None:
    secret = tmp_path / "key.txt"
    secret.write_text("x")
    secret.chmod(0o600)
    (tmp_path / "lib").mkdir()
    shutil.copy2(secret, tmp_path / "lib" / "key.txt")
    copy_inputs(own("key.txt", "lib/"), tmp_path / "study.toml", tmp_path / "inputs")
    for copy in (tmp_path / "inputs" / "key.txt", tmp_path / "inputs" / "lib" / "key.txt"):
        assert copy.stat().st_mode & 0o777 == 0o600


def test_a_link_keeps_the_name_that_the_job_looks_for(tmp_path: Path) -> None:
    (tmp_path / "v2.py").write_text("2")
    (tmp_path / "train.py").symlink_to("v2.py")
    copy_inputs(own("./train.py"), tmp_path / "study.toml", tmp_path / "inputs")
    assert (tmp_path / "inputs" / "train.py").read_text() == "2"


def test_inputs_that_cannot_be_copied_are_named(tmp_path: Path) -> None:
    (tmp_path / "code" / "runs").mkdir(parents=True)
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "gone").symlink_to("nowhere")
    os.mkfifo(tmp_path / "pipe")
    file = tmp_path / "code" / "study.toml"
    for entry, said in [
        ("../code", "runs/, lies in it"), ("../missing", "there is no "), ("../lib", "No such file"),
        ("../pipe", "there is no "),
    ]:  # fmt: skip
        with pytest.raises(DataError, match=rf'\[trainer\] inputs: "{entry}": .*{said}'):
            copy_inputs(own(entry), file, tmp_path / "code" / "runs" / "inputs")


def test_data_behind_a_link_has_a_name_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "metrics.jsonl").mkdir()
    (tmp_path / "photos").symlink_to("metrics.jsonl")
    trainer = TrainerSection(command=["./run"], data="photos")
    with pytest.raises(DataError, match=r"\[trainer\] data: 'metrics.jsonl' is also the name of \[trainer\] metrics"):
        locate_data(trainer, tmp_path / "study.toml")


def own(*inputs: str) -> TrainerSection:
    return TrainerSection(command=["./run"], inputs=list(inputs))
