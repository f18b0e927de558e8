"""Judges trials whose jobs have ended, has them tried again or writes result.json, and tells Optuna.

The storage is an index: what is told stands in the trials' own files first, and telling again changes nothing.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

from sweep.nodes.rescue_checkpoint import restore_checkpoints
from sweep.paths import StudyPaths, TrialPaths
from sweep.system.files import tail, write_first, write_json, write_text
from sweep.trial.event_log import JobHistory, read_event_log
from sweep.trial.files import read_metrics, read_result, read_spec
from sweep.trial.judge import REMOVED, STDERR_LINES, Verdict, judge
from sweep.trial.reports import data_digests
from sweep.trial.result import Result
from sweep.trial.spec import TrialSpec
from sweep.workflow.exit_codes import CRASHED, DONE, STOP, TRY_AGAIN

if TYPE_CHECKING:
    from sweep.optimizer.stored_study import StoredStudy


STATES: dict[str, Literal["COMPLETE", "PRUNED"]] = {"complete": "COMPLETE", "pruned": "PRUNED"}
"""States in Optuna's terms of the endings that are no failures."""


def harvest_trial(
    paths: StudyPaths, opened: Callable[[], StoredStudy], number: int, return_code: int
) -> tuple[int, str]:
    """Judge a trial whose job has left the queue, unless that is done; `tell_pending` is still to tell Optuna of it.

    Gives the exit status of its POST script, and what became of it: TRY_AGAIN where it is to run again, STOP where
    failures in a row stop the sweep, CRASHED where the sweep is being stopped and the trial has not ended, else DONE.
    `opened` gives the study in its storage, for the pruner to be asked after a slice; the caller holds the storage
    lock. Raises StorageError where Optuna cannot be asked now, OSError where files cannot be written: to be done again;
    StudyError where the trial's files are damaged.
    """
    files = paths.trial(number)
    result = read_result(files)
    if result is None:
        if return_code == REMOVED and paths.stopped.exists():
            return CRASHED, "stopped, to go on when the sweep is launched again"
        spec = read_spec(files)
        history = read_event_log(files.job_log)
        stderr = tail(files.stderr, STDERR_LINES)
        verdict = judge(spec, return_code, read_metrics(files, spec), stderr, history.hold_reason, history.hold_code)
        endings = _endings(files)
        verdict = _same_data(paths, spec, verdict, data_digests(read_metrics(files, spec)))
        if verdict.kind == "slice" and not ending_of_job(endings, history.cluster):
            from sweep.nodes.slices import ask_pruner

            verdict = ask_pruner(opened(), spec, verdict)
        kind = _try_again(files, spec, endings, verdict, history)
        if kind == "slice":
            from sweep.nodes.slices import write_next_slice

            write_next_slice(opened(), number)
        if kind:
            restore_checkpoints(paths, [number])
            return TRY_AGAIN, "goes on, " + ": ".join(filter(None, (kind, verdict.reason)))
        # Marked first: were the mark to come second, a kill in between would leave a result that nobody tells.
        paths.pending.mkdir(parents=True, exist_ok=True)
        (paths.pending / str(number)).touch()
        result = _result(spec, verdict, history, stderr)
        write_json(files.result, result.to_json())
    # Asked again when the script is run again: it may have been killed, or deferred, with the answer not yet given.
    if result.state == "FAIL" and _stop_if_hopeless(paths, read_spec(files).failures_in_a_row):
        return STOP, tail(paths.stopped)
    return DONE, ": ".join(filter(None, (result.state, result.reason)))


def _same_data(paths: StudyPaths, spec: TrialSpec, verdict: Verdict, seen: set[str]) -> Verdict:
    """The verdict on a trial as it is, or a fault: it had other data than the study's, which the first trial had."""
    if verdict.kind not in ("complete", "pruned", "slice") or not seen:
        return verdict
    known = spec.data.get("sha256") or write_first(paths.data_sha256, f"{min(seen)}\n").strip()
    if seen == {known}:
        return verdict
    other = min(seen - {known})
    return Verdict(
        "fault",
        f"its data has the SHA-256 {other}, the study's {known}: was {spec.data['path']} overwritten under its name? "
        "Caches keep an object by its name: give new data a new one, and set [trainer] data_sha256",
        verdict.steps,
    )


def _endings(files: TrialPaths) -> list[dict[str, Any]]:
    noted = files.endings.read_text() if files.endings.exists() else ""
    return [json.loads(line) for line in noted.splitlines()]


def ending_of_job(endings: list[dict[str, Any]], cluster: int | None) -> dict[str, Any] | None:
    return next((ending for ending in endings if ending["cluster"] == cluster), None)


def _try_again(
    files: TrialPaths, spec: TrialSpec, endings: list[dict[str, Any]], verdict: Verdict, history: JobHistory
) -> str:
    """Note the end of a slice, or a failure that may go otherwise elsewhere; its kind where the trial is to run again.

    The notes are kept by the job's cluster: run again for the same job, this notes nothing twice.
    """
    ending = ending_of_job(endings, history.cluster)
    if ending is None:
        ending = {"cluster": history.cluster, "kind": verdict.kind, "reason": verdict.reason, "host": history.host}
        endings.append(ending)
    kind: str = ending["kind"]
    tries = {"transient": spec.retries, "memory": len(spec.more_memory), "slice": len(endings)}
    if sum(ending["kind"] == kind for ending in endings) > tries.get(kind, 0):
        return ""
    # Before anything is moved: what the job said is judged once.
    write_text(files.endings, "".join(json.dumps(ending) + "\n" for ending in endings))
    write_text(files.retry_submit, retry_commands(spec, endings))
    # A program that starts over starts a file of metrics of its own.
    aside = [files.stdout, files.stderr, *([] if spec.checkpoints else [files.root / spec.metrics])]
    for output in aside:
        kept = output.with_name(f"{output.name}.{len(endings)}")
        if output.exists() and not kept.exists():
            output.rename(kept)
    if not spec.checkpoints:
        (files.root / spec.metrics).touch()
    return kind


def retry_commands(spec: TrialSpec, endings: Sequence[Mapping[str, str]]) -> str:
    """What the submit description of the next try says besides: more memory where there was too little once, and the
    host where the last one failed."""
    short = sum(ending["kind"] == "memory" for ending in endings)
    more = spec.more_memory[short - 1] if short else {}
    text = "".join(f"{name} = {value}\n" for name, value in more.items())
    last = endings[-1]
    if last["kind"] == "transient" and re.fullmatch(r"[\w.-]+", last["host"], re.ASCII):
        text += f"failed_host = {last['host']}\n"
    return text


def _result(spec: TrialSpec, verdict: Verdict, history: JobHistory, stderr: str) -> Result:
    return Result(
        number=spec.number,
        state=STATES.get(verdict.kind, "FAIL"),
        values=verdict.values,
        violations=verdict.violations,
        reason=verdict.reason,
        steps=verdict.steps,
        attempts=history.attempts,
        evictions=history.evictions,
        duration_s=history.seconds,
        lost_s=history.lost_seconds,
        stderr_tail=stderr if verdict.kind not in STATES else "",
        memory_mb=max((run.memory_mb for run in history.runs), default=0.0),
        disk_kb=max((run.disk_kb for run in history.runs), default=0.0),
    )


def _stop_if_hopeless(paths: StudyPaths, limit: int) -> bool:
    """Stop the sweep when its latest trials have all failed: what goes wrong every time burns the pool for nothing."""
    launched = paths.outer_dag.stat().st_mtime if paths.outer_dag.exists() else 0.0
    results = [paths.trial(number).result for number in paths.trial_numbers()]
    ended = sorted(((file.stat().st_mtime, file) for file in results if file.exists()), reverse=True)
    latest = [read_result(TrialPaths(file.parent)) for when, file in ended[:limit] if when > launched]
    reasons = [result.reason for result in latest if result and result.state == "FAIL"]
    if len(reasons) < limit:
        return False
    common, count = Counter(reasons).most_common(1)[0]
    write_text(paths.stopped, f"{limit} trials in a row failed, {count} of them with: {common}\n")
    return True
