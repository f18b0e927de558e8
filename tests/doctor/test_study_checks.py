"""A study's folder, room and inputs."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pytest

from sweep.doctor import disk_space, study_checks
from sweep.doctor.disk_space import FreeSpace
from sweep.doctor.finding import Level, ok
from sweep.study.study import Study
from sweep.system import filesystems
from sweep.system.files import write_json
from tests.samples import TRIED, ad


def test_a_folder_that_is_no_place_for_a_study(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    kinds = iter(["nfs4", "", ""])
    monkeypatch.setattr(filesystems, "filesystem_type", lambda *_: next(kinds))
    found = next(study_checks.check_folder(study))
    assert (found.level, "(nfs4), which can damage an SQLite database" in found.text) == (Level.ERROR, True)
    below_tmp = str(study.paths.root).startswith("/tmp/")
    assert next(study_checks.check_folder(study)).level == (Level.WARNING if below_tmp else Level.OK)


def test_room_for_the_checkpoints_to_come(study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk_space, "free_space", lambda _: FreeSpace(2**30, "of your quota"))
    assert "the size of a checkpoint is unknown" in next(study_checks.check_disk_space(study)).text
    write_json(study.paths.tried_record, asdict(TRIED))
    assert "15 more trials need 900 MB (two checkpoints of 30 MB" in next(study_checks.check_disk_space(study)).text
    # What trials have left counts more, and is there already.
    checkpoint = study.paths.trial(0).checkpoint
    checkpoint.parent.mkdir(parents=True)
    checkpoint.write_bytes(bytes(2**20))
    assert "14 more trials need 28 MB (two checkpoints of 1 MB for each trial, as the largest so far)" in (
        next(study_checks.check_disk_space(study)).text
    )


def test_what_travels_with_a_job(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "photos").mkdir()
    (folder / "photos" / "1.png").write_bytes(bytes(2**20))
    (folder / "trial.json").touch()
    taken = "trial.json, photos, osdf:///data/x.zip"
    (found,) = study_checks.check_inputs(ad(f'[ Iwd = "{folder}"; TransferInput = "{taken}" ]'))
    assert found == ok("the access point sends 1 MB of input files to each job, and the job fetches 1 by URL")
    (found,) = study_checks.check_inputs(ad(f'[ Iwd = "{folder}"; TransferInput = "{taken}, /none/torch.sif" ]'))
    assert (found.level, found.text) == (Level.ERROR, "the jobs' input file /none/torch.sif is missing")
    monkeypatch.setattr(study_checks, "LARGE_BYTES", 10)
    (found,) = study_checks.check_inputs(ad(f'[ Iwd = "{folder}"; TransferInput = "{taken}" ]'))
    assert (found.level, "by URL" in found.advice) == (Level.WARNING, True)
