"""Templates of text and of HTML."""

from __future__ import annotations

from pathlib import Path

import pytest
from jinja2 import UndefinedError

from sweep.templates import render, render_html


def test_a_name_that_is_missing_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        render("study.dag.j2", study="tiny")


def test_html_is_escaped_and_text_is_not(tmp_path: Path) -> None:
    (tmp_path / "page.html.j2").write_text("<p>{{ words }}</p>\n")
    assert render_html(tmp_path / "page.html.j2", words="<b> & c") == "<p>&lt;b&gt; &amp; c</p>\n"
    assert "LOGNAME=<b>" in render("condor_watch_q.sh.j2", user="<b>", program="condor_watch_q")
