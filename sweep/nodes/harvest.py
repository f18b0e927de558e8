"""Harvests a trial whose job has left the queue: judges it, then has it run again or writes its result.json.

The trial's own files come first; `sweep.nodes.tell` tells Optuna afterwards, and telling twice changes nothing.
"""

from __future__ import annotations

import errno
import json
import os
import re
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sweep.errors import StudyError, SweepError
from sweep.nodes.data_digests import check_data_digests
from sweep.nodes.ended_job import EndedJob
from sweep.nodes.ending_order import note_ending, stop_if_hopeless
from sweep.nodes.rescue_checkpoint import restore_checkpoints
from sweep.nodes.slices import ask_pruner, write_next_slice
from sweep.nodes.trial_result import fail_trial, write_result
from sweep.paths import StudyPaths, TrialPaths
from sweep.system.files import create_empty, tail, write_text
from sweep.system.received import restrict_modes
from sweep.trial.files import read_result, read_spec
from sweep.trial.judge import REMOVED, Verdict, judge
from sweep.trial.result import Result
from sweep.trial.spec import TrialSpec
from sweep.units import first_line, one_line
from sweep.workflow.exit_codes import CRASHED, DONE, STOP, TRY_AGAIN

if TYPE_CHECKING:
    from sweep.optimizer.stored_study import StoredStudy

_TRIALS_FAULT = {
    errno.EEXIST, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG, errno.ENOTDIR, errno.ENOTEMPTY, errno.ENXIO,
}  # fmt: skip
"""Errors that come from what a job left. The others come from the disk, and may pass."""


def harvest_trial(
    paths: StudyPaths, opened: Callable[[], StoredStudy], number: int, return_code: int
) -> tuple[int, str]:
    """Judge a trial whose job has left the queue, unless it has a result already.

    Returns the exit status of its POST script and what happened: TRY_AGAIN if the trial runs again, STOP if failures
    in a row stop the sweep, CRASHED if the sweep is being stopped and the trial has not ended, else DONE.

    Whatever goes wrong with the files that the job left ends in the trial's FAIL.

    `opened` returns the study in its storage, to ask the pruner after a slice. The caller holds the storage lock.
    Raises StorageError if Optuna cannot be asked now and OSError if files cannot be read or written: call it again
    later. Raises StudyError if the files that sweep wrote are damaged.
    """
    files = paths.trial(number)
    result = _written_result(files)
    if result is None:
        if return_code == REMOVED and paths.stopped.exists():
            return CRASHED, "stopped; it continues when the sweep is launched again"
        ended = _judge_contained(paths, opened, files, number, return_code)
        if isinstance(ended, str):
            return TRY_AGAIN, ended
        result = ended
    # Also when this script runs a second time: the first may have died before it gave its answer.
    note_ending(paths, number, result.state)
    if result.state == "FAIL" and stop_if_hopeless(paths, read_spec(files).failures_in_a_row):
        return STOP, tail(paths.stopped)
    return DONE, ": ".join(filter(None, (result.state, result.reason)))


def _written_result(files: TrialPaths) -> Result | None:
    """Return a trial's result, None if it has none. One that is damaged is removed: the trial's files give it again."""
    try:
        return read_result(files)
    except StudyError as error:
        print(error, file=sys.stderr)
        files.result.unlink()
        return None


def _judge_contained(
    paths: StudyPaths, opened: Callable[[], StoredStudy], files: TrialPaths, number: int, return_code: int
) -> Result | str:
    """Return a trial's result, or why it runs again. An error that is due to the trial's own files is its failure."""
    try:
        # First, because the reports of a job that was held and removed came with its checkpoint.
        restore_checkpoints(paths, [number])
        restrict_modes(files.root, paths.root.stat().st_mode)
        job = EndedJob.read(files)
        verdict = _judge_job(paths, opened, job, return_code)
        if kind := _run_again(opened, job, verdict):
            return "runs again, " + ": ".join(filter(None, (kind, verdict.reason)))
        return write_result(paths, job.spec.number, job.history, verdict, job.stderr)
    except SweepError:
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno not in _TRIALS_FAULT:
            raise
        traceback.print_exc()
        return fail_trial(paths, number, f"sweep could not judge it: {type(error).__name__}: {first_line(error)}")


def _judge_job(paths: StudyPaths, opened: Callable[[], StoredStudy], job: EndedJob, return_code: int) -> Verdict:
    """Judge a job; for a slice that has not been judged before, ask the study's pruner too."""
    history = job.history
    verdict = judge(job.spec, return_code, job.reports, job.stderr, history.hold_reason, history.hold_code)
    verdict = _check_data(paths, job, verdict)
    # A reason quotes what the job left.
    verdict = replace(verdict, reason=one_line(verdict.reason))
    if verdict.kind == "slice" and job.noted_ending is None:
        return ask_pruner(opened(), job.spec, job.reports, verdict)
    return verdict


def _check_data(paths: StudyPaths, job: EndedJob, verdict: Verdict) -> Verdict:
    """Return the verdict, or a fault if the job had other data than the study's trials before it."""
    if verdict.kind not in ("complete", "pruned", "slice"):
        return verdict
    fault = check_data_digests(paths, job.spec, job.reports.data_digests)
    return Verdict("fault", fault, verdict.steps) if fault else verdict


def _run_again(opened: Callable[[], StoredStudy], job: EndedJob, verdict: Verdict) -> str:
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
    """Return a line of endings.jsonl. The job's cluster and submission are its key, so no job is noted twice."""
    return {
        "cluster": job.history.cluster,
        "submitted": job.submitted,
        "kind": verdict.kind,
        "reason": verdict.reason,
        "host": job.history.host,
    }


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
        if os.path.lexists(output) and not os.path.lexists(kept):
            output.rename(kept)
    if not spec.checkpoints:
        create_empty(metrics)


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
