"""The best trial: its parameters as TOML, and a folder with its model, to use it and to train it again."""

from __future__ import annotations

import shlex
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sweep.config.command import fill_command, fill_placeholders, placeholder_values
from sweep.errors import StudyError
from sweep.paths import TrialPaths
from sweep.results.report import Report
from sweep.study.study import Study
from sweep.study.summary import goal
from sweep.system.files import json_lines, write_json, write_text
from sweep.trial.files import read_spec
from sweep.trial.spec import TrialSpec
from sweep.units import counted

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

    A second export overwrites the first. Raises StudyError if the checkpoint is gone.
    """
    files = study.paths.trial(trial["number"])
    if trial["checkpoint"] is None and study.config.trainer.has_checkpoints:
        raise StudyError(
            f"the checkpoint of trial {trial['number']} is gone: {files.checkpoint}",
            "Put it back from a copy, or choose another trial: sweep best --trial NUMBER --export DIR",
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
    into.mkdir(parents=True, exist_ok=True)
    for file in files.outputs(checkpoints=spec.checkpoints):
        if file.exists():
            shutil.copy2(file, into / file.name)
    if study.config.trainer.command:
        shutil.copytree(study.paths.inputs, into / AGAIN, dirs_exist_ok=True)
    else:
        shutil.copytree(study.paths.trainer, into / "trainer", dirs_exist_ok=True)
    # Training needs a folder of its own: beside a finished checkpoint the trainer has nothing left to do.
    for folder in (into, into / AGAIN):
        write_json(folder / "trial.json", spec.to_json())
    write_text(into / "params.toml", params_toml(report, trial))
    lines = export_commands(study, spec)
    write_text(into / "README.md", model_card(study, report, trial, spec, read_starts(files), lines))
    return lines


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


def read_starts(files: TrialPaths) -> list[dict[str, Any]]:
    """Return the host and software of each start of a trial's program; torn lines are skipped."""
    return json_lines(files.starts.read_text(encoding="utf-8")) if files.starts.exists() else []
