"""Packages at the versions that this machine has."""

from __future__ import annotations

from importlib.metadata import version

import pytest
from packaging.requirements import Requirement

from sweep.control.pinned_packages import parse_requirements, pinned_requirements
from sweep.errors import ConfigError


def test_torch_is_pinned_with_all_that_it_needs() -> None:
    lines, missing = pinned_requirements([Requirement("torch>=2.6"), Requirement("torchvision")])
    pins = dict(line.split("==") for line in lines)
    assert missing == []
    assert pins["torch"] == version("torch").split("+")[0]
    assert pins["numpy"] == version("numpy")
    assert {"torchvision", "pillow", "jinja2", "typing-extensions"} <= pins.keys()
    assert lines == sorted(lines)
    assert "htcondor" not in pins


def test_a_package_that_is_not_here_stands_as_it_is() -> None:
    lines, missing = pinned_requirements(parse_requirements(["No-Such.Package>=1.0", "rich"]))
    assert missing == ["no-such-package"]
    assert lines[-2:] == ["pygments==" + version("pygments"), "rich==" + version("rich")] or "rich==" in lines[-1]
    assert any(line == "No-Such.Package>=1.0" for line in lines)


@pytest.mark.parametrize("word", ["--index-url=x", "a b", "numpy @ https://ada:hunter2@host/numpy.whl", "-r x", "a\nb"])
def test_what_is_no_package_is_refused(word: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_requirements([word])
    assert "hunter2" not in str(caught.value)
