"""Data sets that `sweep data` downloads into the user's cache. No other command downloads them."""

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
"""The Debian package of Fashion-MNIST."""


FILES = tuple(f"{part}-{kind}-ubyte.gz" for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1"))


def fashion_mnist() -> Path:
    """Return the folder of Fashion-MNIST, laid out as torchvision expects. It may not exist yet."""
    return cache_directory() / "data" / FASHION_MNIST


def is_complete(folder: Path) -> bool:
    """Return whether a folder has all files of Fashion-MNIST."""
    return all((folder / "FashionMNIST" / "raw" / name).exists() for name in FILES)


def fetch_fashion_mnist(say: Callable[[str], None]) -> Path:
    """Download Fashion-MNIST (31 MB) from its Debian package, unless it is there; return its folder.

    Raises DataError if that fails; the error says how to put the files there by hand.
    """
    folder = fashion_mnist()
    with locked(folder.parent / "fetch.lock", wait=True):
        if is_complete(folder):
            return folder
        by_hand = f"Copy {', '.join(FILES)} into {folder / 'FashionMNIST' / 'raw'} yourself."
        if reason := debian.why_unsupported():
            raise DataError(f"cannot download Fashion-MNIST: {reason}", by_hand)
        try:
            for archive in debian.find_archives(folder.parent / "apt", ("stable", "sid")):
                if archive.version(PACKAGE):
                    say(f"downloading {PACKAGE} from {archive.suite}")
                    _unpack(archive, folder)
                    return folder
        except debian.AptError as error:
            raise DataError(str(error), by_hand) from None
        raise DataError(f"this machine's Debian mirror has no package {PACKAGE}", by_hand)


def _unpack(archive: debian.Archive, folder: Path) -> None:
    """Download the package, and create `folder` from it in one step."""
    with tempfile.TemporaryDirectory(dir=folder.parent, prefix="download-") as name:
        work = Path(name)
        debian.unpack(archive.download([PACKAGE], work / "deb"), work / "tree")
        raw = work / FASHION_MNIST / "FashionMNIST" / "raw"
        raw.mkdir(parents=True)
        for file in FILES:
            (work / "tree/usr/share/datasets/fashion-mnist" / file).rename(raw / file)
        (work / FASHION_MNIST).rename(folder)
