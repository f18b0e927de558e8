"""Every sampler, by its name in a study file: its options, its proposals in batches, and what a study says first."""

from __future__ import annotations

import json
import math
import warnings
from pathlib import Path
from typing import Any
from uuid import uuid4

import optuna
import pytest

from sweep.config.load import parse_config
from sweep.config.samplers import SAMPLERS
from sweep.control.initialise import initialise
from sweep.control.repair import repair_storage
from sweep.errors import StudyError
from sweep.nodes.propose import propose
from sweep.optimizer.distributions import optuna_directions, optuna_distribution
from sweep.optimizer.proposer import Proposer
from sweep.optimizer.stored_study import StoredStudy
from sweep.paths import StudyPaths
from sweep.results.report import build_report
from sweep.study.study import Study
from sweep.trial.result import Result
from sweep.trial.spec import derived_seed
from tests.actions import harvest
from tests.samples import STUDY

GRID = STUDY.replace("low = 1e-4, high = 1e-1, log = true", "low = 0.0, high = 0.3, step = 0.1")
CONDITIONAL = STUDY.replace(
    "[trainer]",
    """
optimizer = { type = "categorical", choices = ["sgd", "adam"] }
momentum  = { type = "float", low = 0.0, high = 0.9, when = { optimizer = "sgd" } }
n_blocks  = { type = "int", low = 1, high = 3 }
kernel_size = { type = "categorical", choices = [3, 5], repeat = "n_blocks" }
norm = "batch"
[trainer]""",
)


def study(folder: Path, text: str, more: str = "") -> Study:
    folder.mkdir(exist_ok=True)
    there = Study(StudyPaths(folder), parse_config(text + more, "study.toml"), {"id": uuid4().hex, "data": "photos"})
    StoredStudy.create(there).close()
    return there


def loss(params: dict[str, Any]) -> float:
    rate, width = float(params.get("lr", 0.01)), int(params.get("width", 40))
    return abs(math.log10(rate + 1e-9) + 2) + abs(width - 40) / 40


def run(there: Study, generations: int) -> list[dict[str, Any]]:
    """Propose and tell generation after generation, each in a new process's way; parameters by number."""
    proposed = []
    for generation in range(generations):
        search = StoredStudy.open(there, writing=True)
        for proposal in search.propose(generation):
            value = loss(proposal.params)
            told = Result(proposal.number, "COMPLETE", {"val_accuracy": value}, {}, "", 2, 1, 0, 1.0, 0.0, "")
            search.tell(told, {1: value, 2: value})
            proposed.append(proposal.params)
        search.close()
    return proposed


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(SAMPLERS.keys()))
def test_every_sampler_goes_through_generations_and_proposes_the_same_again(tmp_path: Path, name: str) -> None:
    text = GRID if SAMPLERS[name].is_exhaustive else STUDY
    sampler = f'\n[sampler]\nname = "{name}"\n'
    first = run(study(tmp_path / "a", text, sampler), 4)
    assert run(study(tmp_path / "b", text, sampler), 4) == first
    assert len({tuple(params.values()) for params in first}) == len(first) == 12


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(SAMPLERS.keys() - {"grid"}))
def test_every_sampler_keeps_conditions_and_constraints(tmp_path: Path, name: str) -> None:
    text = CONDITIONAL if name != "bruteforce" else CONDITIONAL.replace("log = true", "step = 1e-2")
    text = text.replace("high = 0.9, when", "high = 0.9, step = 0.3, when") if name == "bruteforce" else text
    rules = "\n[constraints]\nparameters = ['width * n_blocks <= 64', 'momentum < 0.5 or lr > 0.001']\n"
    there = study(tmp_path / "a", text, f'{rules}[sampler]\nname = "{name}"\n')
    for params in run(there, 4):
        assert params["norm"] == "batch"
        assert ("momentum" in params) == (params["optimizer"] == "sgd")
        kernels = [key for key in params if key.startswith("kernel_size")]
        assert kernels == [f"kernel_size_{block}" for block in range(1, params["n_blocks"] + 1)]
        assert params["width"] * params["n_blocks"] <= 64
        assert params.get("momentum", 0) < 0.5 or params["lr"] > 0.001
    # The storage has what was asked, and nothing else.
    assert all("norm" not in row.params for row in StoredStudy.open(there, writing=False).rows())


def test_constraints_that_nothing_keeps_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    there = study(tmp_path / "a", STUDY, "\n[constraints]\nparameters = ['width == 64 and lr == 0.1']\n")
    monkeypatch.setattr("sweep.optimizer.proposer.CONSTRAINT_TRIES", 20)
    with pytest.raises(StudyError, match=r"\[constraints\] parameters: none of 20 configurations keeps them"):
        run(there, 1)


CANNOT = """
n = { type = "int", low = 0, high = 3 }
m = { type = "int", low = 0, high = 3 }
[trainer]
command = ["run"]
[constraints]
parameters = ["n == 0 or 12 / n >= 4", "m / n >= 0"]
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tpe", "random", "grid", "bruteforce", "nsgaii"])
def test_what_cannot_be_computed_is_never_proposed(
    tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sweep.study.notes._noted", set())
    text = STUDY[: STUDY.index("[search]")] + "[search]" + CANNOT
    proposed = run(study(tmp_path / "a", text, f'[sampler]\nname = "{name}"\n'), 4)
    assert len(proposed) == 12
    assert {params["n"] for params in proposed} == {1, 2, 3}
    said = capsys.readouterr().err
    assert said.count("rejected a configuration") == 1
    assert "'m / n >= 0' cannot be computed with m = " in said


def test_sizes_that_cannot_be_computed_reject_a_configuration_and_the_reason_is_said(tmp_path: Path) -> None:
    there = study(tmp_path / "a", STUDY)
    job = there.config.job.model_copy(update={"request_memory": "1000 / (width - 8) if width < 64 else -1"})
    config = there.config.model_copy(update={"job": job})
    assert all(Proposer(config, []).ask(0, index).params["width"] not in (8, 64) for index in range(3))
    job = job.model_copy(update={"request_memory": "1000 / (width - width)"})
    config = there.config.model_copy(update={"job": job})
    with pytest.raises(StudyError, match=r"none of 1000 .* \[job\] request_memory: .* cannot be computed with"):
        Proposer(config, []).ask(0, 0)


def test_a_queued_configuration_is_completed_until_the_study_allows_it(tmp_path: Path) -> None:
    """Values that it leaves open are drawn again; those that it names stay."""
    config = study(tmp_path / "a", STUDY, "\n[constraints]\nparameters = ['width * lr < 0.05']\n").config
    proposer = Proposer(config, [], [("a", {"width": 64.0}), ("b", {"width": 64, "lr": 0.1}), ("c", {"lr": 0.001})])
    first, second = proposer.ask(0, 0), proposer.ask(0, 1)
    assert (first.params["width"], first.system_attrs["sweep:taken"]) == (64, "a")
    assert (second.params["lr"], second.system_attrs["sweep:taken"]) == (0.001, "c")
    assert proposer.complete({"width": 64})["width"] == 64
    with pytest.raises(StudyError, match="no configuration with these values"):
        proposer.complete({"width": 64, "lr": 0.1})


def test_a_package_that_is_missing_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "cmaes" else name)
    there = study(tmp_path / "a", STUDY, '\n[sampler]\nname = "cmaes"\n')
    with pytest.raises(StudyError, match="cmaes needs the package cmaes") as caught:
        run(there, 1)
    assert caught.value.advice == "To install it, run: pip install cmaes"


def test_trials_of_the_study_file_come_first_and_are_filled_up(tmp_path: Path) -> None:
    listed = '\n[[trials]]\nlr = 0.01\nwidth = 16\nactivation = "silu"\n' + "".join(
        f"[[trials]]\nwidth = {width}\n" for width in (24, 32, 40)
    )
    proposed = run(study(tmp_path / "a", STUDY, listed), 2)
    assert proposed[0] == {"lr": 0.01, "width": 16, "activation": "silu"}
    assert [params["width"] for params in proposed[:4]] == [16, 24, 32, 40]
    assert all(set(params) == {"lr", "width", "activation"} for params in proposed)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["grid", "qmc", "cmaes", "nsgaii"])
def test_a_sampler_remembers_after_a_repair(
    study_file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    """What a sampler keeps with each trial is in the trial's own files too."""
    monkeypatch.setattr("sweep.control.initialise.sweep_commit", lambda: None)

    def through(folder: Path, lose_the_storage: bool) -> list[dict[str, Any]]:
        folder.mkdir()
        monkeypatch.chdir(folder)
        there, _ = initialise(study_file, lambda _: None)
        proposed = []
        for generation in range(4):
            if lose_the_storage:
                there.paths.database.unlink()
                assert repair_storage(there)
            for trial in propose(there, generation):
                value = loss(trial.params)
                reports = [{"step": step, "val_accuracy": value} for step in (1, 2)]
                there.paths.trial(trial.number).metrics.write_text("\n".join(map(json.dumps, reports)))
                assert harvest(there.paths, trial.number, 0) == 0
                proposed.append(trial.params)
        return proposed

    text = GRID if SAMPLERS[name].is_exhaustive else STUDY
    study_file.write_text(text + f'\n[sampler]\nname = "{name}"\n' + ("popsize = 3\n" if name == "cmaes" else ""))
    assert through(tmp_path / "lost", True) == through(tmp_path / "kept", False)


def plain_optuna(there: Study, generations: int, first: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same study in one process, by ask and tell alone, with a sampler of each trial's seed."""
    section = there.config.study
    space = {name: optuna_distribution(parameter) for name, parameter in there.config.search.items()}
    memory = optuna.create_study(directions=optuna_directions(section))
    for params in first:
        memory.enqueue_trial(params)
    kind = SAMPLERS[there.config.sampler.name]
    for generation in range(generations):
        trials = []
        for index in range(section.trials_per_generation):
            seed = derived_seed(section.seed, "sampler", generation, index)
            memory.sampler = getattr(optuna.samplers, kind.class_name)(seed=seed)
            trials.append(memory.ask(space))
        for trial in trials:
            memory.tell(trial, loss(trial.params))
    return [trial.params for trial in memory.trials]


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tpe", "random", "nsgaii", "nsgaiii", "bruteforce", "cmaes"])
def test_proposals_are_those_of_plain_optuna_in_one_process(tmp_path: Path, name: str) -> None:
    there = study(tmp_path / "a", GRID if SAMPLERS[name].is_exhaustive else STUDY, f'\n[sampler]\nname = "{name}"\n')
    found = run(there, 4)
    first = found[:3] if SAMPLERS[name].has_model else []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert plain_optuna(there, 4, first) == found


TWO = STUDY.replace('"val_accuracy"', '["val_loss", "model_mb"]').replace('"maximize"', '["minimize", "minimize"]')
RULE = "\n[constraints]\nmetrics = ['images_per_second >= 30']\n"


def measured(params: dict[str, Any]) -> dict[str, float]:
    return {"val_loss": loss(params), "model_mb": params["width"] / 10, "images_per_second": params["width"] * 1.0}


@pytest.mark.slow
@pytest.mark.parametrize("name", ["tpe", "nsgaii", "nsgaiii", "random"])
def test_with_several_objectives_and_constraints_too_they_are_plain_optuna_s(tmp_path: Path, name: str) -> None:
    there = study(tmp_path / "a", TWO, f'{RULE}[sampler]\nname = "{name}"\n')
    found = []
    for generation in range(5):
        search = StoredStudy.open(there, writing=True)
        for proposal in search.propose(generation):
            values = measured(proposal.params)
            violations = {RULE.split("'")[1]: 30 - values["images_per_second"]}
            search.tell(Result(proposal.number, "COMPLETE", values, violations, "", 2, 1, 0, 1.0, 0.0, ""), {})
            found.append(proposal.params)
    section = there.config.study
    space = {name: optuna_distribution(parameter) for name, parameter in there.config.search.items()}
    memory = optuna.create_study(directions=optuna_directions(section))
    for params in found[:3] if SAMPLERS[name].has_model else []:
        memory.enqueue_trial(params)
    for generation in range(5):
        trials = []
        for index in range(section.trials_per_generation):
            seed = derived_seed(section.seed, "sampler", generation, index)
            memory.sampler = getattr(optuna.samplers, SAMPLERS[name].class_name)(seed=seed)
            trials.append(memory.ask(space))
        for trial in trials:
            values = measured(trial.params)
            trial.set_constraint(RULE.split("'")[1], 30 - values["images_per_second"])
            memory.tell(trial, [values["val_loss"], values["model_mb"]])
    assert [trial.params for trial in memory.trials] == found
    # The front that the report shows is the one that Optuna sees.
    rows = StoredStudy.open(there, writing=False).rows()
    assert all(row.values == measured(row.params) for row in rows)
    assert any(not row.is_feasible for row in rows)
    assert sorted(build_report(there, rows).study["best"]) == sorted(trial.number for trial in memory.best_trials)
