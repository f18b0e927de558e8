"""Checks that all trials of a study had the same data, by what they report. Standard library only."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection

from sweep.paths import StudyPaths
from sweep.system.files import write_text
from sweep.trial.spec import TrialSpec

WITNESSES = 3
"""Trials that must agree before others have to: one or two trials may report what is wrong."""


def check_data_digests(paths: StudyPaths, spec: TrialSpec, seen: Collection[str]) -> str:
    """Return why a trial cannot count, given the SHA-256 that it reports of its data; '' if it can.

    Notes what it reports for the trials after it. The caller holds the storage lock.
    """
    if not seen:
        return ""
    if odd := [digest for digest in seen if not re.fullmatch(r"[0-9a-f]{64}", digest)]:
        return f"it reports {odd[0]!r} as data_sha256, which is no SHA-256"
    known = spec.data.get("sha256") or known_digest(paths)
    if known and set(seen) != {known}:
        return (
            f"its data has the SHA-256 {min(set(seen) - {known})}, but the study's data has {known}. Was "
            f"{spec.data.get('path')} overwritten? Caches keep a file by its name: give new data a new name, and set "
            "[trainer] data_sha256"
        )
    if len(seen) > 1:
        return f"its data changed between two of its jobs: it reports {' and '.join(sorted(seen)[:2])}"
    if not spec.data.get("sha256"):
        _note(paths, spec.number, min(seen))
    return ""


def known_digest(paths: StudyPaths) -> str:
    """Return the SHA-256 that enough of the study's trials report of their data, '' if none yet."""
    counts = Counter(digest for digest, _ in _notes(paths))
    digest, count = counts.most_common(1)[0] if counts else ("", 0)
    return digest if count >= WITNESSES else ""


def _notes(paths: StudyPaths) -> set[tuple[str, str]]:
    """Return the digests that trials report, each with the trial's number."""
    if not paths.data_sha256.exists():
        return set()
    lines = [line.split() for line in paths.data_sha256.read_text(encoding="utf-8").splitlines()]
    # Version 0.1.0 wrote the digest of the first trial alone, and all later ones had to agree.
    old = [(words[0], f"0.1.0-{number}") for words in lines if len(words) == 1 for number in range(WITNESSES)]
    return {(words[0], words[1]) for words in lines if len(words) == 2} | set(old)


def _note(paths: StudyPaths, number: int, digest: str) -> None:
    notes = _notes(paths)
    if len([one for one, _ in notes if one == digest]) < WITNESSES:
        lines = sorted({*notes, (digest, str(number))})
        write_text(paths.data_sha256, "".join(f"{one} {trial}\n" for one, trial in lines))
