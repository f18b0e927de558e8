"""dags/, trainer/ and configs/ are found in a checkout, and in a wheel installed elsewhere."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sweep import resources


@pytest.mark.parametrize(
    ("name", "file"),
    [("dags", "study.dag.j2"), ("trainer", "train.py"), ("configs", "quickstart.toml")],
)
def test_a_checkout_has_its_folders(name: str, file: str) -> None:
    assert (resources.resource_folder(name) / file).is_file()  # type: ignore[arg-type]


@pytest.mark.processes
def test_an_installed_wheel_has_them_too(tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    source = resources.PACKAGE.parent
    subprocess.run(
        [*pip, "wheel", "--no-deps", "--no-build-isolation", "--wheel-dir", str(tmp_path), str(source)], check=True
    )
    wheel = next(tmp_path.glob("*.whl"))
    subprocess.run([*pip, "install", "--no-deps", "--target", str(tmp_path / "site"), str(wheel)], check=True)
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r})\n"
        "from sweep import resources, templates\n"
        "from sweep.config import sections\n"
        "print(resources.resource_folder('trainer'), resources.resource_folder('configs'))\n"
        "print(templates.render('dagman.config.j2', ap=sections.APSection(), below_tmp=False))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"{tmp_path}/site/sweep/data/trainer {tmp_path}/site/sweep/data/configs\n")
    assert "DAGMAN_MAX_PRE_SCRIPTS" in done.stdout
    assert (tmp_path / "site" / "sweep" / "data" / "trainer" / "interface.json").is_file()
    assert (tmp_path / "site" / "sweep" / "results" / "page" / "report.css").is_file()
    assert not (tmp_path / "site" / "trainer").exists()
