"""The winning trial: its parameters as TOML, its checkpoint, and a folder to use it from, and to make it again."""

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

UNCONFIRMED = "not confirmed; the best of many trials looks better than it is"

AGAIN = "again"
"""Folder of an export in which the trial can be trained anew."""


def find_trial(report: Report, number: int | None) -> dict[str, Any]:
    """The report's entry of the best trial, or of the one of this number.

    Raises StudyError where it is not there, or no trial is complete.
    """
    if number is None:
        if not report.best:
            raise StudyError("no trial is complete yet", "See: sweep status")
        return report.best[0]
    found = next((trial for trial in report.trials if trial["number"] == number), None)
    if found is None or found["state"] != "COMPLETE":
        raise StudyError(f"the study has no complete trial {number}", "`sweep report` lists them.")
    return found


def params_toml(report: Report, trial: Mapping[str, Any]) -> str:
    """Its parameters, as a TOML file that says in comments where they come from."""
    import tomli_w

    values = ", ".join(f"{name} {value:.6g}" for name, value in trial["values"].items())
    said = [
        f"trial {trial['number']} of {report.study['name']}: {values}",
        f"checkpoint: {trial['checkpoint'] or 'is gone'}",
    ]
    said += [f"confirmed with fresh seeds: {text}" for text in [confirmed_score(report, trial)] if text]
    return "".join(f"# {line}\n" for line in said) + tomli_w.dumps(dict(trial["params"]))


def confirmed_score(report: Report, trial: Mapping[str, Any]) -> str:
    """What its confirmation found; '' where there is none."""
    for one in report.study["confirmed"]:
        if one["trial"] == trial["number"]:
            spread = f" ± {one['deviation']:.2g}" if one["deviation"] is not None else ""
            return f"{report.study['confirmed_by']} {one['mean']:.5g}{spread} over {len(one['scores'])} seeds"
    return ""


def export_trial(study: Study, report: Report, trial: Mapping[str, Any], into: Path) -> list[str]:
    """Copy the model and all that belongs to it into a folder; gives the lines to type there.

    Done again it overwrites what it wrote. Raises StudyError where the checkpoint is gone.
    """
    files = study.paths.trial(trial["number"])
    if trial["checkpoint"] is None and study.config.trainer.has_checkpoints:
        raise StudyError(f"the checkpoint of trial {trial['number']} is gone", f"It was {files.checkpoint}.")
    spec = read_spec(files)
    spec = replace(
        spec, step=0, handover_seconds=None, handover_epochs=None, slice_seconds=None, slice_epochs=None, cutoffs={}
    )
    into.mkdir(parents=True, exist_ok=True)
    for file in files.outputs(checkpoints=spec.checkpoints):
        if file.exists():
            shutil.copy2(file, into / file.name)
    if study.config.trainer.command:
        shutil.copytree(study.paths.inputs, into / AGAIN, dirs_exist_ok=True)
    else:
        shutil.copytree(study.paths.trainer, into / "trainer", dirs_exist_ok=True)
    # In a folder of its own: beside a checkpoint that is done there is nothing left to train.
    for folder in (into, into / AGAIN):
        write_json(folder / "trial.json", spec.to_json())
    write_text(into / "params.toml", params_toml(report, trial))
    lines = export_commands(study, spec)
    write_text(into / "README.md", model_card(study, report, trial, spec, read_starts(files), lines))
    return lines


def export_commands(study: Study, spec: TrialSpec) -> list[str]:
    """What to type in the exported folder: to score the model on the test set, where the trainer can, and to train it
    again."""
    trainer, is_here = study.config.trainer, bool(study.data) and "://" not in study.data
    if not trainer.command:
        data = f" --data {shlex.quote(study.data) if is_here else 'PATH'}"
        return [f"python -m trainer trial.json --test{data}", f"python -m trainer {AGAIN}/trial.json{data}"]
    values = placeholder_values(spec)
    variables = {name: fill_placeholders(text, values) for name, text in trainer.environment.items()}
    assigned = [f"{name}={value}" for name, value in variables.items() if value is not None]
    words = [*(["env", *assigned] if assigned else []), *fill_command(trainer.command, values)]
    data = f"ln -s {shlex.quote(study.data)} . && " if is_here else ""
    return [f"cd {AGAIN} && {data}{shlex.join(words)}"]


def model_card(
    study: Study,
    report: Report,
    trial: Mapping[str, Any],
    spec: TrialSpec,
    starts: Sequence[Mapping[str, Any]],
    lines: Sequence[str],
) -> str:
    """The model card, in Markdown: what it is, how good, of which data and code, how to use it and to make it again."""
    told, number = study.provenance, trial["number"]
    values = ", ".join(f"{name} {value:.6g}" for name, value in trial["values"].items())
    count = sum(report.study["counts"].values())
    params = [f"| {name} | {value} |" for name, value in trial["params"].items()]
    last = ", ".join(f"{name} {value}" for name, value in starts[-1].items()) if starts else "not recorded"
    text = [
        f"# {study.config.study.name}, trial {number}",
        f"From a search of {count} trials: {goal(report.study['objectives'], report.study['constraints'])}",
        f"- on the validation set: {values}",
        f"- on the test set: {confirmed_score(report, trial) or UNCONFIRMED}",
        "\n## Parameters\n\n| parameter | value |\n|---|---|\n" + "\n".join(params),
        "\n## Where it comes from\n",
        f"- data: {told['data'] or 'none'}, SHA-256 {told.get('data_sha256') or 'not known'}",
        f"- code: SHA-256 {told['trainer_sha256']}, commit {told.get('commit') or 'not known'}",
        f"- versions: {', '.join(f'{name} {version}' for name, version in told['versions'].items())}",
        f"- its program's last start: {last}",
        f"- seed {spec.seed}, {trial['steps']} steps, {trial['attempts']} starts",
    ]
    if not study.config.trainer.command:
        text += ["\n## Load it\n", LOAD]
    text += ["\n## Type here\n", "\n".join(f"    {line}" for line in lines)]
    return "\n".join(text) + "\n"


LOAD = """```python
from pathlib import Path
from trainer.data import NORMALISE          # of uint8 images, (channels, size, size)
from trainer.predict import load_model

model, classes = load_model(Path("."))      # a torch.nn.Module, ready to predict
```"""


def read_starts(files: TrialPaths) -> list[dict[str, Any]]:
    """Where, and with which software, a trial's program started; a torn line counts for nothing."""
    return json_lines(files.starts.read_text(encoding="utf-8")) if files.starts.exists() else []
