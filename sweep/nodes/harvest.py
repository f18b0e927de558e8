"""Harvests a trial whose job has left the queue: judges it, then has it run again or writes its result.json.

The trial's own files come first; `sweep.nodes.tell` tells Optuna afterwards, and telling twice changes nothing.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sweep.nodes.rescue_checkpoint import restore_checkpoints
from sweep.nodes.slices import ask_pruner, write_next_slice
from sweep.paths import StudyPaths, TrialPaths
from sweep.system.files import json_lines, tail, write_first, write_json, write_text
from sweep.trial.event_log import JobHistory, read_event_log
from sweep.trial.files import read_reports, read_result, read_spec
from sweep.trial.judge import REMOVED, STDERR_LINES, Verdict, judge
from sweep.trial.reports import Reports
from sweep.trial.result import Result
from sweep.trial.spec import TrialSpec
from sweep.workflow.exit_codes import CRASHED, DONE, STOP, TRY_AGAIN

if TYPE_CHECKING:
    from sweep.optimizer.stored_study import StoredStudy

STATES: dict[str, Literal["COMPLETE", "PRUNED"]] = {"complete": "COMPLETE", "pruned": "PRUNED"}
"""Optuna's states for the verdicts that are not failures."""


@dataclass(frozen=True)
class EndedJob:
    """A trial's job that has left the queue, as its files tell. `endings` are the trial's earlier jobs."""

    files: TrialPaths
    spec: TrialSpec
    history: JobHistory
    reports: Reports
    stderr: str
    endings: list[dict[str, Any]]

    @classmethod
    def read(cls, files: TrialPaths) -> EndedJob:
        """Raises StudyError where trial.json is missing or damaged."""
        spec = read_spec(files)
        noted = files.endings.read_text(encoding="utf-8") if files.endings.exists() else ""
        return cls(
            files=files,
            spec=spec,
            history=read_event_log(files.job_log),
            reports=read_reports(files, spec),
            stderr=tail(files.stderr, STDERR_LINES),
            endings=json_lines(noted),
        )

    @property
    def noted_ending(self) -> dict[str, Any] | None:
        """The ending of this very job, if an earlier run of the POST script noted it."""
        return next((ending for ending in self.endings if ending["cluster"] == self.history.cluster), None)


def harvest_trial(
    paths: StudyPaths, opened: Callable[[], StoredStudy], number: int, return_code: int
) -> tuple[int, str]:
    """Judge a trial whose job has left the queue, unless it has a result already.

    Returns the exit status of its POST script and what happened: TRY_AGAIN if the trial runs again, STOP if failures
    in a row stop the sweep, CRASHED if the sweep is being stopped and the trial has not ended, else DONE.

    `opened` returns the study in its storage, to ask the pruner after a slice. The caller holds the storage lock.
    Raises StorageError if Optuna cannot be asked now and OSError if files cannot be written: call it again later.
    Raises StudyError if the trial's files are damaged.
    """
    files = paths.trial(number)
    result = read_result(files)
    if result is None:
        if return_code == REMOVED and paths.stopped.exists():
            return CRASHED, "stopped; it continues when the sweep is launched again"
        # First, because the reports of a job that was held and removed came with its checkpoint.
        restore_checkpoints(paths, [number])
        job = EndedJob.read(files)
        verdict = _judge_job(paths, opened, job, return_code)
        if kind := _run_again(paths, opened, job, verdict):
            return TRY_AGAIN, "runs again, " + ": ".join(filter(None, (kind, verdict.reason)))
        result = _write_result(paths, job, verdict)
    # Also when this script runs a second time: the first may have died before it gave its answer.
    if result.state == "FAIL" and _stop_if_hopeless(paths, read_spec(files).failures_in_a_row):
        return STOP, tail(paths.stopped)
    return DONE, ": ".join(filter(None, (result.state, result.reason)))


def _judge_job(paths: StudyPaths, opened: Callable[[], StoredStudy], job: EndedJob, return_code: int) -> Verdict:
    """Judge a job; for a slice that has not been judged before, ask the study's pruner too."""
    history = job.history
    verdict = judge(job.spec, return_code, job.reports, job.stderr, history.hold_reason, history.hold_code)
    verdict = _check_data(paths, job, verdict)
    if verdict.kind == "slice" and job.noted_ending is None:
        return ask_pruner(opened(), job.spec, job.reports, verdict)
    return verdict


def _check_data(paths: StudyPaths, job: EndedJob, verdict: Verdict) -> Verdict:
    """Return the verdict, or a fault if the job had other data than the study's first trial."""
    seen = job.reports.data_digests
    if verdict.kind not in ("complete", "pruned", "slice") or not seen:
        return verdict
    known = job.spec.data.get("sha256") or write_first(paths.data_sha256, f"{min(seen)}\n").strip()
    if seen == {known}:
        return verdict
    return Verdict(
        "fault",
        f"its data has the SHA-256 {min(seen - {known})}, but the study's data has {known}. Was "
        f"{job.spec.data['path']} overwritten? Caches keep a file by its name: give new data a new name, and set "
        "[trainer] data_sha256",
        verdict.steps,
    )


def _run_again(paths: StudyPaths, opened: Callable[[], StoredStudy], job: EndedJob, verdict: Verdict) -> str:
    """Prepare the trial's next job, if it is to have one; return why it runs again, '' if it does not."""
    ending = job.noted_ending or _ending(job, verdict)
    endings = job.endings if job.noted_ending else [*job.endings, ending]
    if not _may_run_again(job.spec, ending["kind"], endings):
        return ""
    # Noted before any file is moved, so that the job's files are judged once.
    write_text(job.files.endings, "".join(json.dumps(one) + "\n" for one in endings))
    write_text(job.files.retry_submit, retry_commands(job.spec, endings))
    _set_outputs_aside(job, len(endings))
    if ending["kind"] == "slice":
        write_next_slice(opened(), job.spec, job.reports)
    return str(ending["kind"])


def _ending(job: EndedJob, verdict: Verdict) -> dict[str, Any]:
    """Return a line of endings.jsonl. The job's cluster is its key, so no job is noted twice."""
    history = job.history
    return {"cluster": history.cluster, "kind": verdict.kind, "reason": verdict.reason, "host": history.host}


def _may_run_again(spec: TrialSpec, kind: str, endings: Sequence[Mapping[str, Any]]) -> bool:
    """Return whether a trial with these endings has a try left for one of this kind."""
    tries = {"transient": spec.retries, "memory": len(spec.more_memory), "slice": len(endings)}
    return [ending["kind"] for ending in endings].count(kind) <= tries.get(kind, 0)


def _set_outputs_aside(job: EndedJob, number: int) -> None:
    """Rename a job's outputs to out.NUMBER and so on; also its metrics, if its program starts over without them."""
    files, spec = job.files, job.spec
    metrics = files.root / spec.metrics
    for output in [files.stdout, files.stderr, *([] if spec.checkpoints else [metrics])]:
        kept = files.attempt_output(output, number)
        if output.exists() and not kept.exists():
            output.rename(kept)
    if not spec.checkpoints:
        metrics.touch()


def retry_commands(spec: TrialSpec, endings: Sequence[Mapping[str, str]]) -> str:
    """Return the submit commands of a trial's next job alone: more memory if it ran out of memory before, and the host
    of a transient failure, to avoid it."""
    short = sum(ending["kind"] == "memory" for ending in endings)
    more = spec.more_memory[short - 1] if short else {}
    text = "".join(f"{name} = {value}\n" for name, value in more.items())
    last = endings[-1]
    if last["kind"] == "transient" and re.fullmatch(r"[\w.-]+", last["host"], re.ASCII):
        text += f"failed_host = {last['host']}\n"
    return text


def _write_result(paths: StudyPaths, job: EndedJob, verdict: Verdict) -> Result:
    # Marked as pending first: if a kill came between the two, a result without the mark would never be told.
    paths.pending.mkdir(parents=True, exist_ok=True)
    (paths.pending / str(job.spec.number)).touch()
    result = _result(job, verdict)
    write_json(job.files.result, result.to_json())
    return result


def _result(job: EndedJob, verdict: Verdict) -> Result:
    history = job.history
    return Result(
        number=job.spec.number,
        state=STATES.get(verdict.kind, "FAIL"),
        values=verdict.values,
        violations=verdict.violations,
        reason=verdict.reason,
        steps=verdict.steps,
        attempts=history.attempts,
        evictions=history.evictions,
        duration_s=history.seconds,
        lost_s=history.lost_seconds,
        stderr_tail=job.stderr if verdict.kind not in STATES else "",
        memory_mb=max((run.memory_mb for run in history.runs), default=0.0),
        disk_kb=max((run.disk_kb for run in history.runs), default=0.0),
    )


def _stop_if_hopeless(paths: StudyPaths, limit: int) -> bool:
    """Stop the sweep if its last `limit` trials all failed: what fails every time wastes the pool."""
    launched = paths.outer_dag.stat().st_mtime if paths.outer_dag.exists() else 0.0
    results = [paths.trial(number).result for number in paths.trial_numbers()]
    ended = sorted(((file.stat().st_mtime, file) for file in results if file.exists()), reverse=True)
    latest = [read_result(TrialPaths(file.parent)) for when, file in ended[:limit] if when > launched]
    reasons = [result.reason for result in latest if result and result.state == "FAIL"]
    if len(reasons) < limit:
        return False
    common, count = Counter(reasons).most_common(1)[0]
    shared = "all" if count == len(reasons) else f"{count} of them"
    write_text(paths.stopped, f"{limit} trials in a row failed, {shared} with: {common}\n")
    return True
