"""The files through which POST scripts ask for an answer: dag/posts/WHO.RETURN.CLUSTER. Standard library only.

A POST script (dags/harvest.sh.j2) creates an empty file for a job that has ended, and waits. The server replaces the
file with its reply: one line with the script's exit status and a message.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass, replace

from sweep.paths import StudyPaths


@dataclass(frozen=True)
class PostRequest:
    """A job that has ended: a trial's number or a lane's name, and DAGMan's $RETURN and $CLUSTERID.

    `written` is the name of the request's file, where it writes these numbers in another way, such as 007.
    """

    who: str
    return_code: int
    cluster: int
    written: str = ""

    @property
    def name(self) -> str:
        """Name of the request's file."""
        return self.written or f"{self.who}.{self.return_code}.{self.cluster}"

    @classmethod
    def parse(cls, name: str) -> PostRequest:
        """Return the request of a file. Raises ValueError if no request has this file name."""
        who, return_code, cluster = name.split(".")
        request = cls(who, int(return_code), int(cluster))
        return request if request.name == name else replace(request, written=name)


@dataclass(frozen=True)
class PostReply:
    """The exit status of a POST script, and the message that it prints."""

    status: int
    message: str


def waiting_requests(paths: StudyPaths) -> list[PostRequest]:
    """Return the requests that have no reply yet, the oldest first."""
    if not paths.posts.is_dir():
        return []
    found = []
    with os.scandir(paths.posts) as entries:
        for entry in entries:
            # A file that is gone had its reply; a file with another name is a reply that is being written.
            with contextlib.suppress(FileNotFoundError, ValueError):
                request = PostRequest.parse(entry.name)
                status = entry.stat()
                if status.st_size == 0:
                    found.append((status.st_mtime_ns, request.name, request))
    return [request for *_, request in sorted(found)]


def write_reply(paths: StudyPaths, request: PostRequest, reply: PostReply) -> None:
    """Reply to a POST script, which then exits.

    The file is not synced to the disk: after a power failure DAGMan runs the script again, which asks again.
    """
    file = paths.posts / request.name
    new = file.with_name(f".{file.name}")
    new.write_text(f"{reply.status} {' '.join(reply.message.split())}\n", encoding="utf-8")
    new.replace(file)
