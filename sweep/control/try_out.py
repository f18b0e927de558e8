"""Runs and measures one trial on this machine, without HTCondor, in a folder like a job's."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path

from sweep.config.command import fill_command, fill_placeholders, placeholder_values
from sweep.config.consistency import configuration_mistakes
from sweep.config.suggested_job import Usage, job_disk_bytes, suggested_section
from sweep.config.trainer import file_name
from sweep.control.software import check_software
from sweep.errors import ConfigError, StudyError
from sweep.nodes.trial_folder import trial_specs, write_trial
from sweep.optimizer.stored_study import StoredStudy
from sweep.paths import TrialPaths
from sweep.study.commands import study_command
from sweep.study.inputs import total_bytes
from sweep.study.study import Study
from sweep.study.tried import TryResult
from sweep.system import memory
from sweep.system.files import json_lines, locked, tail, write_json
from sweep.system.lock_wait import hold_lock
from sweep.trial.files import read_metrics
from sweep.trial.reports import Reports
from sweep.trial.spec import ParamValue, TrialSpec
from sweep.units import counted, readable_bytes, readable_time

FRACTION = "fraction"
"""The shipped trainer's parameter for the share of the training images to use."""


def try_out(
    study: Study, values: Mapping[str, ParamValue], epochs: int, fraction: float | None, say: Callable[[str], None]
) -> TryResult:
    """Run one trial with these parameters, and return what it used. Other parameters are those of the first trial.

    The shipped trainer uses this `fraction` of the training images, in (0, 1]. `say` gets the trial's output, line by
    line. Raises ConfigError for parameters that the study does not allow; StudyError, with the end of stderr, if the
    trial fails, or if another `sweep try` is running.
    """
    _check(study, values, fraction)
    with locked(study.paths.try_lock, wait=False) as is_ours:
        if not is_ours:
            raise StudyError(
                "another `sweep try` of this study is running",
                f"Wait until it has ended. Then run: {study_command(study, 'try')}",
            )
        return _try(study, values, epochs, fraction, say)


def _try(
    study: Study, values: Mapping[str, ParamValue], epochs: int, fraction: float | None, say: Callable[[str], None]
) -> TryResult:
    """Do what `try_out` does. The caller holds the lock of the folder try/."""
    files = study.paths.tried
    # `sweep init` may be about to replace the study's program.
    with hold_lock(study.paths.launch_lock, say, shared=True):
        spec = _prepare(study, files, values, epochs, fraction)
    say(
        f"running a trial of {counted(epochs, 'epoch')}: "
        + ", ".join(f"{name} {value}" for name, value in spec.params.items())
    )
    seconds, peak = _run(study, files, spec, say)
    tried = _measure(study, files, spec, fraction, seconds, peak)
    write_json(study.paths.tried_record, asdict(tried))
    return tried


def _check(study: Study, values: Mapping[str, ParamValue], fraction: float | None) -> None:
    """Raise ConfigError or StudyError if no trial with these options can run here."""
    if mistakes := configuration_mistakes(study.config, values):
        raise ConfigError("\n".join(mistakes), f"See [search] in {study.paths.config}")
    if fraction is not None and study.config.trainer.command:
        raise ConfigError(
            "--fraction works only with the shipped trainer", "Run the same command without it; see [trainer] command."
        )
    check_software(study)


def _measure(
    study: Study, files: TrialPaths, spec: TrialSpec, fraction: float | None, seconds: float, memory_bytes: int
) -> TryResult:
    """Return what a trial used that has ended. Raises StudyError if it reported no objective."""
    metrics = read_metrics(files, spec) or ""
    reports = Reports.parse(spec, metrics)
    if not reports.values:
        raise StudyError(
            f"the trial exited with status 0, but {reports.absence(spec)}",
            f"See {files.stdout if spec.metrics_pattern else files.root / spec.metrics}",
        )
    return TryResult(
        params=spec.params,
        epochs=reports.last_step,
        values=reports.last_values,
        seconds=seconds,
        epoch_seconds=epoch_seconds(metrics, fraction),
        memory_bytes=memory_bytes,
        gpu_bytes=gpu_bytes(metrics),
        checkpoint_bytes=files.checkpoint.stat().st_size if spec.checkpoints else 0,
        data_bytes=sum(total_bytes(Path(place)) for place in (study.data_here, *study.weights.values()) if place),
    )


def _prepare(
    study: Study, files: TrialPaths, values: Mapping[str, ParamValue], epochs: int, fraction: float | None
) -> TrialSpec:
    """Create the folder of the trial, with all files that HTCondor would transfer for its job."""
    shutil.rmtree(files.root, ignore_errors=True)
    files.root.mkdir(parents=True)
    proposal = replace(StoredStudy.in_memory(study).propose(0)[0], params=StoredStudy.in_memory(study).complete(values))
    spec = replace(trial_specs(study, [proposal], {})[0], target_step=epochs)
    spec = replace(spec, handover_seconds=None, handover_epochs=None, slice_seconds=None, slice_epochs=None)
    if fraction is not None:
        spec = replace(spec, params={**spec.params, FRACTION: fraction})
    write_trial(study, files, spec)
    shutil.copytree(study.paths.inputs, files.root, dirs_exist_ok=True)
    for place in (study.data_here, *study.weights.values(), *study.config.trainer.inputs):
        if "://" in place:
            raise StudyError(
                f"only jobs download {place}", "To try a trial here, name a copy on this machine in the study file."
            )
    for place in study.weights.values():
        (files.root / file_name(place)).symlink_to(place)
    if study.data_here:
        (files.root / file_name(study.data)).symlink_to(study.data_here)
    return spec


def _run(study: Study, files: TrialPaths, spec: TrialSpec, say: Callable[[str], None]) -> tuple[float, int]:
    """Run the trial; return its seconds and its peak memory in bytes. Raises StudyError if it fails."""
    words, variables = _command(study, spec)
    started = time.monotonic()
    with files.stderr.open("wb") as stderr, files.stdout.open("wb") as stdout:
        try:
            process = subprocess.Popen(
                words,
                cwd=files.root,
                env=os.environ | variables,
                stdout=subprocess.PIPE,
                stderr=stderr,
                start_new_session=True,
            )
        except OSError as error:
            raise StudyError(f"[trainer] command: {words[0]} cannot be started: {error}", "Fix the command.") from None
        with memory.PeakMemory(process.pid) as peak:
            try:
                for line in process.stdout or []:
                    stdout.write(line)
                    say(line.decode(errors="replace").rstrip())
                status = process.wait()
            except BaseException:  # Ctrl-C does not reach the trial, which has a session of its own.
                os.killpg(process.pid, signal.SIGKILL)
                raise
    if status != 0:
        raise StudyError(
            f"the trial exited with status {status}:\n{tail(files.stderr)}", f"Its files are in {files.root}"
        )
    return time.monotonic() - started, peak.bytes


def _command(study: Study, spec: TrialSpec) -> tuple[list[str], dict[str, str]]:
    """Return the command line of the program, and its environment variables."""
    trainer, values = study.config.trainer, placeholder_values(spec)
    # As HTCondor does for a slot with this many cores.
    cores = {"OMP_NUM_THREADS": str(study.config.job.request_cpus)}
    if not trainer.command:
        words = [sys.executable, "-u", "-m", "trainer", "trial.json"]
        return words, {"PYTHONPATH": str(study.paths.root), **cores}
    filled = {name: fill_placeholders(text, values) for name, text in trainer.environment.items()}
    return fill_command(trainer.command, values), cores | {k: v for k, v in filled.items() if v is not None}


def try_out_lines(study: Study, tried: TryResult) -> list[str]:
    """Return what was measured, and a suggested section [job], as lines to print."""
    epochs, epoch = study.config.trainer.epochs, tried.epoch_seconds
    lines = [
        ", ".join(f"{name} {value:.5g}" for name, value in tried.values.items())
        + f" after {counted(tried.epochs, 'epoch')}",
        f"time: {readable_time(tried.seconds)} in all"
        + (f"; with all the data about {readable_time(epoch)} an epoch here" if epoch else "")
        + (f", {readable_time(epoch * epochs)} a trial" if epoch and epochs else ""),
        f"peak memory: {readable_bytes(tried.memory_bytes)}"
        + (f"; GPU {readable_bytes(tried.gpu_bytes)}" if tried.gpu_bytes else ""),
        f"checkpoint: {readable_bytes(tried.checkpoint_bytes)}; data: {readable_bytes(tried.data_bytes)}",
    ]
    if study.config.job.request_gpus and not tried.gpu_bytes:
        lines.append("The trial used no GPU here, so time and memory say little about a job with a GPU.")
    disk = job_disk_bytes(tried.data_bytes, tried.checkpoint_bytes)
    used = Usage(tried.memory_bytes, disk, tried.gpu_bytes)
    return [*lines, "Suggested for the study file, with margins:", "", suggested_section(used, study.config.job)]


def epoch_seconds(metrics: str, fraction: float | None) -> float | None:
    """Return the seconds of one epoch with all the data, from the shipped trainer's reports; None without reports.

    With several epochs, the first one does not count, since it also warms up.
    """
    times = _reported(metrics, "seconds", "val_seconds")
    if not times:
        return None
    counted = times[1:] or times
    return sum(training / (fraction or 1.0) + validation for training, validation in counted) / len(counted)


def gpu_bytes(metrics: str) -> int:
    """Return the peak GPU memory in bytes, from the shipped trainer's reports; 0 without reports."""
    return int(max((mb for (mb,) in _reported(metrics, "gpu_memory_mb")), default=0.0) * 1e6)


def _reported(metrics: str, *names: str) -> list[tuple[float, ...]]:
    """Return these numbers of each report that has them all."""
    numbers = []
    for report in json_lines(metrics):
        with contextlib.suppress(ValueError, KeyError, TypeError):
            numbers.append(tuple(float(report[name]) for name in names))
    return numbers
