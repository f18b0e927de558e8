"""The files by which POST scripts ask and are answered."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sweep.nodes.post_requests import PostReply, PostRequest, waiting_requests, write_reply
from sweep.paths import StudyPaths


@pytest.mark.parametrize(
    "request_", [PostRequest("12", 0, 7), PostRequest("lane-0003", -1002, 12), PostRequest("0", 0, 21, "0.0.021")]
)
def test_a_request_is_its_file_s_name(request_: PostRequest) -> None:
    assert PostRequest.parse(request_.name) == request_


@pytest.mark.parametrize("name", ["", "12", "12.0", "12.0.7.1", "12.x.7", ".12.0.7"])
def test_other_files_are_no_requests(name: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        PostRequest.parse(name)


def test_those_who_wait_longest_come_first_until_they_are_answered(tmp_path: Path) -> None:
    paths = StudyPaths(tmp_path)
    assert waiting_requests(paths) == []
    paths.posts.mkdir(parents=True)
    for seconds, name in ((3, "0.0.1"), (1, "lane-0001.75.2"), (2, "7.0.3")):
        (paths.posts / name).touch()
        os.utime(paths.posts / name, (seconds, seconds))
    (paths.posts / "README").touch()
    asked = waiting_requests(paths)
    assert [one.who for one in asked] == ["lane-0001", "7", "0"]
    write_reply(paths, asked[0], PostReply(75, "trial 1 goes on,\n  as  a retry"))
    assert (paths.posts / "lane-0001.75.2").read_text() == "75 trial 1 goes on, as a retry\n"
    assert waiting_requests(paths) == asked[1:]
