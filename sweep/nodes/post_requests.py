"""What POST scripts ask: a file dag/posts/WHO.RETURN.CLUSTER for each job that has ended. Standard library only.

A POST script (dags/harvest.sh.j2) leaves it empty, and waits until its answer is in its place: the exit status that the
script is to have, and what it is to say, in one line.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass

from sweep.paths import StudyPaths


@dataclass(frozen=True)
class PostRequest:
    """The end of a job: of a trial, by its number, or of a lane, by its name; with DAGMan's $RETURN and $CLUSTERID."""

    who: str
    return_code: int
    cluster: int

    @property
    def name(self) -> str:
        return f"{self.who}.{self.return_code}.{self.cluster}"

    @classmethod
    def named(cls, name: str) -> PostRequest:
        """Raises ValueError when no post has such a name."""
        who, return_code, cluster = name.split(".")
        return cls(who, int(return_code), int(cluster))


@dataclass(frozen=True)
class PostReply:
    status: int
    said: str


def waiting_requests(paths: StudyPaths) -> list[PostRequest]:
    """Those who wait, the longest first."""
    if not paths.posts.is_dir():
        return []
    found = []
    with os.scandir(paths.posts) as entries:
        for entry in entries:
            # One that is gone has its answer; what is no post is an answer that is being written.
            with contextlib.suppress(FileNotFoundError, ValueError):
                post = PostRequest.named(entry.name)
                there = entry.stat()
                if there.st_size == 0:
                    found.append((there.st_mtime_ns, post.name, post))
    return [post for *_, post in sorted(found)]


def write_reply(paths: StudyPaths, post: PostRequest, given: PostReply) -> None:
    """Let a POST script go. After a loss of power it is asked again, so nobody waits for the disk."""
    file = paths.posts / post.name
    new = file.with_name(f".{file.name}")
    new.write_text(f"{given.status} {' '.join(given.said.split())}\n", encoding="utf-8")
    new.replace(file)
