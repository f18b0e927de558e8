"""What sync and container print."""

from __future__ import annotations

import pytest

from sweep.errors import TrackingError
from sweep.study.study import Study
from sweep.tracking.sync import UploadSummary
from tests.cli.commands import commands_to_type, output_of


@pytest.mark.usefixtures("study")
@pytest.mark.parametrize("named", [(), ("--study", "tiny")])
def test_sync(monkeypatch: pytest.MonkeyPatch, named: tuple[str, ...]) -> None:
    synced = [UploadSummary("mlflow", "http://there", 2, 3, [])]
    monkeypatch.setattr("sweep.tracking.sync.upload_trials", lambda *_: synced)
    assert "mlflow: uploaded 2 trials (3 were there already). See http://there" in output_of("sync", *named)
    synced.append(UploadSummary("wandb", "wandb", 0, 0, [TrackingError("there is no API key", "Set WANDB_API_KEY.")]))
    with pytest.raises(TrackingError, match="there is no API key") as caught:
        output_of("sync", *named)
    assert commands_to_type(caught.value.advice) == [" ".join(("sweep sync", *named))]


def test_container(study: Study) -> None:
    assert f"wrote {study.paths.container}" in output_of("container", "rich")
    output_of("container", "--base", "nvidia/cuda:13")
    assert "FROM nvidia/cuda:13" in (study.paths.container / "Dockerfile").read_text()
