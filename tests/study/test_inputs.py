"""What travels with each trial."""

from __future__ import annotations

from pathlib import Path

from sweep.study.inputs import tree_sha256


def test_the_hash_of_a_folder_sees_names_and_contents(tmp_path: Path) -> None:
    hashes = set()
    for name, content in (("a", "x"), ("b", "x"), ("a", "y")):
        folder = tmp_path / f"{name}{content}"
        folder.mkdir()
        (folder / name).write_text(content)
        hashes.add(tree_sha256(folder))
        assert tree_sha256(folder) in hashes
    assert len(hashes) == 3
