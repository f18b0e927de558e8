"""Where data sets are in the user's cache."""

from __future__ import annotations

from pathlib import Path

import pytest

from sweep.errors import DataError
from sweep.study import datasets
from sweep.system import debian


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty cache folder, on a machine that has no Debian packages."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(debian, "why_unsupported", lambda: "this is no Debian")
    return tmp_path


def test_files_that_were_put_there_by_hand_are_used(cache: Path) -> None:
    raw = cache / "sweep" / "data" / "fashion-mnist" / "FashionMNIST" / "raw"
    raw.mkdir(parents=True)
    for name in datasets.FILES[1:]:
        (raw / name).touch()
    with pytest.raises(DataError, match="this is no Debian") as caught:
        datasets.fetch_fashion_mnist(lambda _: None)
    assert str(raw) in caught.value.advice
    assert datasets.FILES[0] in caught.value.advice
    (raw / datasets.FILES[0]).touch()
    assert datasets.fetch_fashion_mnist(lambda _: None) == datasets.fashion_mnist() == raw.parent.parent
