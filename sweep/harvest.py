"""POST script of a trial: judges its files, writes result.json, and tells Optuna.

Judging needs the standard library alone. Telling needs Optuna, so it is shared: one POST at a time holds the storage
lock and tells all that is pending; the others leave their trial to it and go.
"""

from __future__ import annotations

import site
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sweep import joblog
from sweep.files import locked, tail, write_json
from sweep.paths import StudyPaths, TrialPaths
from sweep.trial import STDERR_LINES, Result, TrialSpec, judge, parse_metrics

if TYPE_CHECKING:
    from sweep.search import Search


def harvest(paths: StudyPaths, number: int, return_code: int) -> None:
    """Judge a trial whose job has left the queue, unless that is done, and see that Optuna is told."""
    files = paths.trial(number)
    if not files.result.exists():
        # Marked first: were the mark to come second, a kill in between would leave a result that nobody tells.
        paths.pending.mkdir(parents=True, exist_ok=True)
        (paths.pending / str(number)).touch()
        write_json(files.result, judge_files(files, return_code).to_json())
    # Whoever marks while another tells finds the lock taken, and goes; so the other looks again after letting go.
    while ready(paths):
        with locked(paths.storage_lock, wait=False) as got:
            if not got:
                return
            tell_pending(paths, _open(paths))


def judge_files(files: TrialPaths, return_code: int) -> Result:
    """How a trial ended, from its files alone."""
    spec = TrialSpec.from_json(files.spec.read_text())
    stderr = tail(files.stderr, STDERR_LINES)
    history = joblog.read(files.job_log.read_text(errors="replace") if files.job_log.exists() else "")
    value, reason, steps = judge(spec, return_code, _read(files.metrics), stderr)
    if reason and history.hold_reason:
        reason += f"; held: {history.hold_reason}"
    return Result(
        number=spec.number,
        state="FAIL" if value is None else "COMPLETE",
        value=value,
        reason=reason,
        steps=steps,
        attempts=history.attempts,
        duration_s=history.seconds,
        stderr_tail=stderr if reason else "",
    )


def ready(paths: StudyPaths) -> list[int]:
    """Trials that have a result and may not have been told."""
    if not paths.pending.is_dir():
        return []
    numbers = sorted(int(mark.name) for mark in paths.pending.iterdir() if mark.name.isdigit())
    return [number for number in numbers if paths.trial(number).result.exists()]


def tell_pending(paths: StudyPaths, search: Search) -> None:
    """Tell Optuna of every trial that is ready. The caller holds the storage lock."""
    for number in ready(paths):
        files = paths.trial(number)
        spec = TrialSpec.from_json(files.spec.read_text())
        intermediate, _ = parse_metrics(_read(files.metrics) or "", spec.metric)
        search.tell(Result.from_json(files.result.read_text()), intermediate)
        (paths.pending / str(number)).unlink(missing_ok=True)


def _read(path: Path) -> str | None:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return None


def _open(paths: StudyPaths) -> Search:
    if sys.flags.no_site:
        site.main()
    from sweep.search import Search
    from sweep.study import load

    return Search(paths.database, load(paths).config)


def main() -> None:
    """`harvest STUDY TRIAL RETURN`, as the DAG's POST script calls it."""
    folder, number, return_code = sys.argv[1:]
    harvest(StudyPaths(Path(folder).resolve()), int(number), int(return_code))


if __name__ == "__main__":
    main()
