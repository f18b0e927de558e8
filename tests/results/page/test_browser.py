"""The page in a real browser: everything is drawn, nothing is asked for, nothing overflows, on light and dark paper."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from scripts.browser import Browser
from scripts.chromium import find_chromium
from sweep.results.page import html
from tests.page_samples import subject

pytestmark = [
    pytest.mark.processes,
    pytest.mark.skipif(
        find_chromium() is None, reason="no Chromium on PATH or in the cache: python scripts/chromium.py"
    ),
]

LOOK = """(() => {
    const root = document.documentElement, shown = image => image.complete && image.naturalWidth > 0
    return {
        images: [...document.images].map(shown),
        width: root.scrollWidth,
        inner: innerWidth,
        paper: getComputedStyle(document.body).backgroundColor,
        scripts: document.scripts.length,
    }
})()"""


REQUEST = "Network.requestWillBeSent"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = find_chromium()
    assert program
    with Browser(program) as there:
        yield there


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("page") / "report.html"
    html.write_page(subject(trials=60), file)
    return file


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_it_looks_right(browser: Browser, page: Path, width: int, dark: bool) -> None:
    browser.open(page, width, dark=dark)
    seen: dict[str, Any] = browser.run(LOOK)
    assert len(seen["images"]) == 6
    assert all(seen["images"])
    assert seen["width"] <= seen["inner"] == width
    assert seen["paper"] == ("rgb(15, 18, 22)" if dark else "rgb(245, 246, 248)")
    assert seen["scripts"] == 0
    told = {event["method"] for event in browser.events}
    assert not told & {"Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown"}
    asked = [event["params"]["request"]["url"] for event in browser.events if event["method"] == REQUEST]
    assert [url for url in asked if not url.startswith("data:")] == [page.as_uri()]


def test_each_screen_gets_a_drawing_of_its_own(browser: Browser, page: Path) -> None:
    chosen = []
    for width in (1280, 390):
        for dark in (False, True):
            browser.open(page, width, dark=dark)
            chosen.append(browser.run("document.images[0].currentSrc"))
    assert len(set(chosen)) == 4


def test_what_a_user_wrote_runs_nowhere(browser: Browser, tmp_path: Path) -> None:
    evil = "<script>document.title = 'gone'</script><img src=x onerror=\"document.title='gone'\">"
    file = tmp_path / "report.html"
    file.write_text(html.page_html(subject(trials=20, word=evil), datetime(2026, 11, 23)))
    browser.open(file, 1280, dark=False)
    assert browser.run("document.title") == "tiny: a hyperparameter search"
    assert evil in browser.run("document.body.innerText")
