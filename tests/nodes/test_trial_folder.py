"""The folder that a trial's job starts from."""

from __future__ import annotations

from pathlib import Path

from sweep.control.initialise import initialise
from sweep.nodes.trial_folder import trial_specs, write_trial
from sweep.optimizer.stored_study import StoredStudy
from sweep.study.study import Study
from sweep.trial.files import read_spec


def test_trials_differ_in_what_was_proposed_and_in_their_seed_alone(study: Study) -> None:
    first, second, _ = trial_specs(study, StoredStudy.in_memory(study).propose(0), {"1": 0.5})
    own = {"number", "index", "params", "sampler", "seed"}
    differing = {key for key, value in first.to_json().items() if second.to_json()[key] != value}
    assert differing == own
    assert (first.target_step, first.objectives, first.cutoffs) == (2, ["val_accuracy"], {"1": 0.5})


def test_a_job_sized_by_use_gets_twice_the_memory_when_it_runs_out(study_file: Path) -> None:
    study_file.write_text(study_file.read_text() + 'resources = "auto"\n')
    study = initialise(study_file, lambda _: None)[0]
    proposals = StoredStudy.in_memory(study).propose(0)
    (one, *_) = trial_specs(study, proposals, {}, [(900.0, 2048.0), (300.0, 1000.0), (200.0, 1000.0)])
    assert one.more_memory == [{"request_memory": str(2 * int(one.requests["request_memory"]))}]


def test_written_again_it_keeps_what_a_job_left(study: Study) -> None:
    (trial, *_) = trial_specs(study, StoredStudy.in_memory(study).propose(0), {})
    files = study.paths.trial(trial.number)
    write_trial(study, files, trial)
    assert read_spec(files) == trial
    assert all(output.read_bytes() == b"" for output in files.outputs(checkpoints=True))
    files.checkpoint.write_text("half a model")
    write_trial(study, files, trial)
    assert files.checkpoint.read_text() == "half a model"


def test_a_program_gets_the_folders_that_it_fills(study_file: Path) -> None:
    program = 'command = ["python", "train.py"]\noutputs = ["logs"]\nmetrics = "log.csv"'
    study_file.write_text(study_file.read_text().replace('epochs = 2\ndata = "photos"', program))
    study = initialise(study_file, lambda _: None)[0]
    (trial, *_) = trial_specs(study, StoredStudy.in_memory(study).propose(0), {})
    files = study.paths.trial(trial.number)
    write_trial(study, files, trial)
    assert (files.root / "logs").is_dir()
    assert (files.root / "log.csv").read_text() == ""
    assert trial.data == {}
