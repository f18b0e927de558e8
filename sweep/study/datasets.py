"""Data sets that `sweep data` fetches into the user's cache; nothing is fetched at any other time."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from pathlib import Path

from sweep.config.trainer import FASHION_MNIST
from sweep.errors import DataError
from sweep.system import debian
from sweep.system.directories import cache_directory
from sweep.system.files import locked

PACKAGE = "dataset-fashion-mnist"


FILES = tuple(f"{part}-{kind}-ubyte.gz" for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1"))


def fashion_mnist() -> Path:
    """Folder that holds Fashion-MNIST, by the names that torchvision expects; it may not be there yet."""
    return cache_directory() / "data" / FASHION_MNIST


def is_complete(folder: Path) -> bool:
    return all((folder / "FashionMNIST" / "raw" / name).exists() for name in FILES)


def fetch_fashion_mnist(say: Callable[[str], None]) -> Path:
    """Fetch Fashion-MNIST (31 MB) from its Debian package, unless it is there.

    Raises DataError where it cannot be had, saying how to put the files in place by hand.
    """
    folder = fashion_mnist()
    with locked(folder.parent / "fetch.lock", wait=True):
        if is_complete(folder):
            return folder
        by_hand = f"Put {', '.join(FILES)} into {folder / 'FashionMNIST' / 'raw'} yourself."
        if reason := debian.why_unsupported():
            raise DataError(f"Fashion-MNIST cannot be fetched here: {reason}", by_hand)
        try:
            for archive in debian.archives(folder.parent / "apt", ("stable", "sid")):
                if archive.version(PACKAGE):
                    say(f"downloading {PACKAGE} from {archive.suite}")
                    _unpack(archive, folder)
                    return folder
        except debian.AptError as error:
            raise DataError(str(error), by_hand) from None
        raise DataError(f"this machine's mirror has no package {PACKAGE}", by_hand)


def _unpack(archive: debian.Archive, folder: Path) -> None:
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="download-") as name:
        work = Path(name)
        debian.unpack(archive.download([PACKAGE], work / "deb"), work / "tree")
        raw = work / FASHION_MNIST / "FashionMNIST" / "raw"
        raw.mkdir(parents=True)
        for file in FILES:
            (work / "tree/usr/share/datasets/fashion-mnist" / file).rename(raw / file)
        (work / FASHION_MNIST).rename(folder)
