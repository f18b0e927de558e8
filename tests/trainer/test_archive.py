"""Data that comes as one file: unpacked once, nowhere else, and the same in all trials."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.trainer.actions import train
from trainer import archive, data
from trainer.trial import Trial


def test_in_a_job_it_is_unpacked_once_and_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.txt").write_text("a")
    packed = Path(shutil.make_archive(str(tmp_path / "data"), "gztar", tmp_path / "in"))
    elsewhere = archive.unpacked(packed)
    assert elsewhere.parent != tmp_path
    monkeypatch.setenv("_CONDOR_SCRATCH_DIR", str(tmp_path))
    (tmp_path / "data.tar.gz.unpacked.new").mkdir()  # of a job that was killed while it unpacked
    (tmp_path / "data.tar.gz.unpacked.new" / "torn").touch()
    for place in (archive.unpacked(packed), archive.unpacked(packed)):
        assert place == tmp_path / "data.tar.gz.unpacked"
        assert [file.name for file in place.iterdir()] == ["a.txt"]
    packed.unlink()
    assert archive.unpacked(packed).is_dir()


def add(tar: tarfile.TarFile, name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> None:
    member = tarfile.TarInfo(name)
    member.type, member.linkname, member.size = kind, link, 0 if link else 4
    tar.addfile(member, None if link else io.BytesIO(b"evil"))


@pytest.mark.parametrize("name", ["../evil", "a/../../evil", "/evil"])
def test_no_member_lands_elsewhere(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "job").mkdir()
    monkeypatch.setenv("_CONDOR_SCRATCH_DIR", str(tmp_path / "job"))
    packed = tmp_path / "job" / "x.tar"
    with tarfile.open(packed, "w") as tar:
        add(tar, name)
    if name.startswith("/"):
        assert [file.name for file in archive.unpacked(packed).iterdir()] == ["evil"]
    else:
        with pytest.raises(ValueError, match="outside the destination"):
            archive.unpacked(packed)
    with zipfile.ZipFile(tmp_path / "job" / "x.zip", "w") as packer:
        packer.writestr(name, "evil")
    archive.unpacked(tmp_path / "job" / "x.zip")
    inside = tmp_path / "job"
    assert all(inside / kind in file.parents for file in tmp_path.rglob("evil") for kind in ["."])
    assert not Path("/evil").exists()


def test_no_link_leads_elsewhere(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "x.tar", "w") as tar:
        add(tar, "way", tarfile.SYMTYPE, "../..")
        add(tar, "way/evil")
    with pytest.raises(ValueError, match=r"x\.tar: .*outside the destination"):
        archive.unpacked(tmp_path / "x.tar")


def test_what_is_no_archive_is_said(tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_text("<html>404</html>")
    with pytest.raises(ValueError, match=r"x\.zip is neither a zip nor a tar file"):
        archive.unpacked(tmp_path / "x.zip")


def test_a_tar_gives_the_splits_of_its_folder(photos: Path, tmp_path: Path) -> None:
    packed = shutil.make_archive(str(tmp_path / "photos"), "gztar", photos.parent, "photos")
    spec = {"kind": "images", "image_size": 12, "split_seed": 1}
    splits = data.load({**spec, "path": packed}, tmp_path)
    assert splits.classes == ["left", "right"]
    assert len(splits.train) == len(data.load({**spec, "path": str(photos)}, tmp_path).train)


def test_each_report_says_which_data_it_is_of(job: Callable[..., Path], photos: Path, tmp_path: Path) -> None:
    packed = Path(shutil.make_archive(str(tmp_path / "photos"), "zip", photos.parent, "photos"))
    digest = hashlib.sha256(packed.read_bytes()).hexdigest()
    folder = job("right", data={"path": str(packed), "sha256": digest}, target_step=1)
    assert train(folder) == 0
    (report,) = (folder / "metrics.jsonl").read_text().splitlines()
    assert json.loads(report)["data_sha256"] == digest
    other = job("other", data={"path": str(packed), "sha256": "0" * 64})
    with pytest.raises(ValueError, match="Was the file overwritten"):
        train(other)
    with pytest.raises(ValueError, match="Was the file overwritten"):
        Trial.start(other / "trial.json")
    assert (other / "metrics.jsonl").read_text() == ""
    assert Trial.read(job("folder") / "trial.json").data_sha256 == ""
