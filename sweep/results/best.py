"""The best trial: its parameters as TOML, and a folder with its model, to use it and to train it again."""

from __future__ import annotations

import html
import os
import shlex
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sweep.config.command import fill_command, fill_placeholders, placeholder_values
from sweep.errors import StudyError
from sweep.paths import TrialPaths
from sweep.results.export_folder import export_folder
from sweep.results.report import Report
from sweep.study.commands import report_command
from sweep.study.study import Study
from sweep.study.summary import goal
from sweep.system.files import json_lines, write_json, write_text
from sweep.system.received import MAX_BYTES, ReceivedFileError, open_received, read_end
from sweep.trial.files import read_spec
from sweep.trial.spec import TrialSpec
from sweep.units import counted, one_line

UNCONFIRMED = "not confirmed; the best of many trials looks better than it is"

AGAIN = "again"
"""Folder of an export in which the trial can be trained again."""


def find_trial(report: Report, number: int | None) -> dict[str, Any]:
    """Return the report's entry of the best trial, or of the trial with this number.

    Raises StudyError if no trial is complete, or if the study has no complete trial with this number.
    """
    name = report.study["name"]
    if number is None:
        if not report.best:
            raise StudyError(
                f"study {name} has no complete trial yet", f"To see its progress, run: sweep status --study {name}"
            )
        return report.best[0]
    trial = next((trial for trial in report.trials if trial["number"] == number), None)
    if trial is None or trial["state"] != "COMPLETE":
        raise StudyError(
            f"study {name} has no complete trial {number}", f"To list its trials, run: sweep report --study {name}"
        )
    return trial


def params_toml(report: Report, trial: Mapping[str, Any]) -> str:
    """Return a trial's parameters as TOML, with comments that name the trial, its values and its checkpoint."""
    import tomli_w

    values = ", ".join(f"{name} {value:.6g}" for name, value in trial["values"].items())
    lost = "is gone" if report.has_checkpoints else "none, its program saves no checkpoints"
    comments = [
        f"trial {trial['number']} of {report.study['name']}: {values}",
        f"checkpoint: {trial['checkpoint'] or lost}",
    ]
    if score := confirmed_score(report, trial):
        comments.append(f"confirmed with fresh seeds: {score}")
    return "".join(f"# {line}\n" for line in comments) + tomli_w.dumps(dict(trial["params"]))


def confirmed_score(report: Report, trial: Mapping[str, Any]) -> str:
    """Return a trial's mean score in its confirmation, in words; '' if it was not confirmed."""
    for entry in report.study["confirmed"]:
        if entry["trial"] == trial["number"]:
            deviation = f" ± {entry['deviation']:.2g}" if entry["deviation"] is not None else ""
            seeds = counted(len(entry["scores"]), "seed")
            return f"{report.study['confirmed_by']} {entry['mean']:.5g}{deviation} over {seeds}"
    return ""


def export_trial(study: Study, report: Report, trial: Mapping[str, Any], into: Path) -> list[str]:
    """Copy a trial's model, code and model card into a folder; return the commands to run there.

    A second export replaces the first. Raises StudyError if the checkpoint is gone, or if the folder has files that no
    export wrote.
    """
    files = study.paths.trial(trial["number"])
    if trial["checkpoint"] is None and study.config.trainer.has_checkpoints:
        raise StudyError(
            f"the checkpoint of trial {trial['number']} is gone, or is no regular file: {files.checkpoint}",
            f"Put it back from a copy, or choose another trial with --trial. To see all, run: {report_command(study)}",
        )
    # The trial is trained in one go: without slices, and whatever other trials have reached.
    spec = replace(
        read_spec(files),
        step=0,
        handover_seconds=None,
        handover_epochs=None,
        slice_seconds=None,
        slice_epochs=None,
        cutoffs={},
    )
    lines = export_commands(study, spec)
    origin = {"study": study.config.study.name, "study_id": study.id, "trial": trial["number"]}
    with export_folder(into, origin) as folder:
        _copy_outputs(study, spec, folder)
        if study.config.trainer.command:
            shutil.copytree(study.paths.inputs, folder / AGAIN)
        else:
            shutil.copytree(study.paths.trainer, folder / "trainer")
        # Training needs a folder of its own: beside a finished checkpoint the trainer has nothing left to do.
        for place in (folder, folder / AGAIN):
            write_json(place / "trial.json", spec.to_json())
        write_text(folder / "params.toml", params_toml(report, trial))
        write_text(folder / "README.md", model_card(study, report, trial, spec, read_starts(files), lines))
    return lines


def _copy_outputs(study: Study, spec: TrialSpec, into: Path) -> None:
    """Copy what the trial's jobs sent back, but for what is no regular file, and for records that are far too large.

    Raises StudyError if the checkpoint cannot be read.
    """
    files = study.paths.trial(spec.number)
    for file in files.outputs(checkpoints=spec.checkpoints):
        try:
            with open_received(file) as source:
                is_model = file.name in ("checkpoint", "checkpoint.previous")
                if is_model or os.fstat(source.fileno()).st_size <= MAX_BYTES:
                    with (into / file.name).open("wb") as copy:
                        shutil.copyfileobj(source, copy)
        except FileNotFoundError:
            continue
        except ReceivedFileError as error:
            if file == files.checkpoint:
                advice = f"Choose another trial with --trial. To see all, run: {report_command(study)}"
                raise StudyError(f"trial {spec.number}: {error}", advice) from None


def export_commands(study: Study, spec: TrialSpec) -> list[str]:
    """Return the commands to run in the exported folder.

    With the shipped trainer these score the model on the test set and train it again; with a program of the user's
    own, the one command trains it again.
    """
    trainer, is_here = study.config.trainer, bool(study.data) and "://" not in study.data
    if not trainer.command:
        data = f" --data {shlex.quote(study.data) if is_here else 'PATH'}"
        return [f"python -m trainer trial.json --test{data}", f"python -m trainer {AGAIN}/trial.json{data}"]
    values = placeholder_values(spec)
    variables = {name: fill_placeholders(text, values) for name, text in trainer.environment.items()}
    assigned = [f"{name}={value}" for name, value in variables.items() if value is not None]
    command = [*(["env", *assigned] if assigned else []), *fill_command(trainer.command, values)]
    data = f"ln -s {shlex.quote(study.data)} . && " if is_here else ""
    return [f"cd {AGAIN} && {data}{shlex.join(command)}"]


def model_card(
    study: Study,
    report: Report,
    trial: Mapping[str, Any],
    spec: TrialSpec,
    starts: Sequence[Mapping[str, Any]],
    lines: Sequence[str],
) -> str:
    """Return the model card, in Markdown: scores, parameters, data, code, and how to use and retrain the model.

    `starts` are the starts of the trial's program, as `read_starts` returns them; `lines` the commands to run.
    """
    origin, number = study.provenance, trial["number"]
    values = ", ".join(f"{name} {value:.6g}" for name, value in trial["values"].items())
    count = sum(report.study["counts"].values())
    objectives = goal(report.study["objectives"], report.study["constraints"]).rstrip(",")
    params = [f"| {name} | {value} |" for name, value in trial["params"].items()]
    last = ", ".join(f"{name} {value}" for name, value in starts[-1].items()) if starts else "not recorded"
    text = [
        f"# {study.config.study.name}, trial {number}",
        f"Chosen from {counted(count, 'trial')}. Goal: {objectives}",
        f"- on the validation set: {values}",
        f"- on the test set: {confirmed_score(report, trial) or UNCONFIRMED}",
        "\n## Parameters\n\n| parameter | value |\n|---|---|\n" + "\n".join(params),
        "\n## Provenance\n",
        f"- data: {origin['data'] or 'none'}, SHA-256 {origin.get('data_sha256') or 'unknown'}",
        f"- code: SHA-256 {origin['trainer_sha256']}, commit {origin.get('commit') or 'unknown'}",
        f"- versions: {', '.join(f'{name} {version}' for name, version in origin['versions'].items())}",
        f"- last start of the program: {last}",
        f"- seed {spec.seed}, {counted(trial['steps'], 'step')}, {counted(trial['attempts'], 'attempt')}",
    ]
    if not study.config.trainer.command:
        text += ["\n## Load the model\n", LOAD]
    text += ["\n## Run in this folder\n", "\n".join(f"    {line}" for line in lines)]
    return "\n".join(text) + "\n"


LOAD = """```python
from pathlib import Path
from trainer.data import NORMALISE          # takes uint8 images of shape (channels, size, size)
from trainer.predict import load_model

model, classes = load_model(Path("."))      # a torch.nn.Module in eval mode, and the names of its classes
```"""


STARTS_BYTES, START_ENTRIES, START_LENGTH = 2**16, 20, 200
"""What is read of starts.jsonl: bytes at its end, entries of a start, and characters of an entry."""


def read_starts(files: TrialPaths) -> list[dict[str, str]]:
    """Return the host and software of the latest starts of a trial's program, as texts for Markdown.

    Lines that are torn are skipped, and so are values that are neither texts nor numbers.
    """
    try:
        text, _ = read_end(files.starts, STARTS_BYTES)
    except (FileNotFoundError, ReceivedFileError):
        return []
    return [
        {
            _markdown(name): _markdown(str(value))
            for name, value in list(start.items())[:START_ENTRIES]
            if isinstance(value, str | int | float)
        }
        for start in json_lines(text)
    ]


def _markdown(text: str) -> str:
    return html.escape(one_line(text, START_LENGTH), quote=False)
