"""The submit description that all trials of a study share."""

from __future__ import annotations

from pathlib import Path

import pytest

from sweep.config.job import JobSection
from sweep.config.load import parse_config
from sweep.config.trainer import TrainerSection
from sweep.pool.classads import parse_ad, parse_expression
from sweep.trial.judge import TOO_MANY_HANDOVERS, TOO_MANY_STARTS
from sweep.trial.spec import TrialSpec
from sweep.workflow.submit import submit_description, submit_value, trial_commands
from tests.samples import OWN

SHIPPED = TrainerSection(epochs=2, data="photos")


def test_submit_description_asks_for_what_the_study_says() -> None:
    job = JobSection(request_memory="3 GB", request_gpus=1, gpus_minimum_capability=7.5, gpus_minimum_memory="8 GB")
    text = submit_description("abc", "tiny", SHIPPED, job, Path("/opt/my python"), ["https://host/a$(b).zip"])
    for line in (
        "executable = /opt/my python",
        "request_memory = 3 GB",
        "request_gpus = 1",
        "gpus_minimum_capability = 7.5",
        "gpus_minimum_memory = 8 GB",
        'My.SweepStudy = "abc"',
    ):
        assert line in text.splitlines()
    assert "https://host/a$(DOLLAR)(b).zip" in text
    assert "container_image" not in text


def test_a_container_brings_its_own_python() -> None:
    job = JobSection(container_image="osdf:///ospool/me/train.sif")
    lines = submit_description("abc", "tiny", SHIPPED, job, Path("/opt/python"), ["data.zip"]).splitlines()
    assert "executable = /usr/bin/env" in lines
    assert 'arguments = "python3 -u -m trainer trial.json"' in lines
    assert "container_image = osdf:///ospool/me/train.sif" in lines
    assert not any(line.startswith("request_gpus") for line in lines)


def test_what_all_trials_have_in_common_is_sent_once_where_htcondor_can() -> None:
    carried = ["/data/photos.zip", "osdf:///x/resnet18.pth"]
    shared = submit_description("id", "tiny", SHIPPED, JobSection(), Path("/p"), carried, share_inputs=True)
    assert "transfer_common_input = /data/photos.zip, osdf:///x/resnet18.pth" in shared.splitlines()
    assert "photos.zip" not in next(line for line in shared.splitlines() if line.startswith("transfer_input_files"))
    plain = submit_description("id", "tiny", SHIPPED, JobSection(), Path("/p"), carried)
    assert "transfer_common_input" not in plain
    assert "/data/photos.zip, osdf:///x/resnet18.pth" in plain


def test_a_site_s_requirements_and_sweep_s_own_must_both_hold() -> None:
    job = JobSection(requirements="A || B")
    lines = submit_description("id", "tiny", SHIPPED, job, Path("/p"), []).splitlines()
    assert "requirements = (A || B)" in lines
    assert '  requirements = (A || B) && (Machine != "$(failed_host)" || time() - QDate > 1200)' in lines


@pytest.mark.parametrize("value", ["two\nlines", "ends in a backslash\\", "tab\tbed"])
def test_what_no_submit_description_can_hold_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="cannot hold"):
        submit_value(value)


def test_a_program_s_own_submit_commands() -> None:
    trainer = parse_config(OWN, "study.toml").trainer
    trial = TrialSpec(3, 0, 0, {"lr": 0.5, "width": 8, "activation": "it's $(x)"}, 42, 0, 0, ["score"], {})
    assert trial_commands(trainer, JobSection(), trial) == (
        "arguments = \"'train.py' '--lr=0.5' '--width' '8' 'it''s $(DOLLAR)(x)'\"\nenvironment = \"SEED='42'\"\n"
    )
    in_container = trial_commands(trainer, JobSection(container_image="a.sif"), trial)
    assert in_container.startswith("arguments = \"'python' 'train.py' ")


def is_held(trainer: TrainerSection, job: JobSection, ad_text: str) -> object:
    """Whether HTCondor holds a job with these attributes; also its reason and subcode."""
    lines = submit_description("abc", "tiny", trainer, job, Path("/p"), []).splitlines()
    commands = dict(line.removeprefix("My.").split(" = ", 1) for line in lines if " = " in line)
    computed = "".join(f"{name} = {commands[name]}\n" for name in commands if name.startswith("Sweep"))
    mine = parse_ad(ad_text + computed)
    names = ("periodic_hold", "periodic_hold_reason", "periodic_hold_subcode")
    held, reason, code = (parse_expression(commands[name]).eval(mine) for name in names)
    return (reason, code) if held is True else held is True


STARTED = "JobStatus = 2\nJobStartDate = time() - {}\nCheckpointNumber = {}\n"


@pytest.mark.parametrize(
    ("every", "epochs", "seconds", "number", "held"),
    [
        ("1 epochs", 4, 20, 17, False),
        ("1 epochs", 4, 20, 18, True),
        ("3 epochs", 4, 20, 13, False),
        ("3 epochs", 4, 20, 14, True),
        # Quick epochs, each handed over, and some of them twice.
        ("1 epochs", 200, 200, 300, False),
        ("1 epochs", None, 60, 100, False),
        ("1 h", 4, 20, 9, False),
        ("1 h", 4, 20, 10, True),
        # Once an hour: seldom looked at, but not never.
        ("1 h", 4, 58 * 3600, 58, False),
        ("1 h", 4, 60 * 3600, 60, True),
        ("0.1 min", 4, 300, 50, False),
        ("0.1 min", 4, 300, 60, True),
    ],
)
def test_a_job_that_hands_over_more_often_than_the_study_explains_is_held(
    every: str, epochs: int | None, seconds: int, number: int, held: bool
) -> None:
    trainer = TrainerSection(command=["./go"], inputs=["go"], checkpoints=True, epochs=epochs)
    found = is_held(trainer, JobSection(checkpoint_every=every), STARTED.format(seconds, number))
    said = f"its program handed over its checkpoint (exit status 85) {number + 1} times in {seconds} s"
    assert found == ((said, TOO_MANY_HANDOVERS[1]) if held else False)


@pytest.mark.parametrize("checkpoints", [True, False])
def test_a_job_that_starts_again_and_again_is_held(checkpoints: bool) -> None:
    trainer = TrainerSection(command=["./go"], inputs=["go"], checkpoints=checkpoints)
    assert is_held(trainer, JobSection(), "JobStatus = 1\nNumShadowStarts = 50\n") is False
    found = is_held(trainer, JobSection(), "JobStatus = 1\nNumShadowStarts = 51\n")
    assert found == ("it was started 51 times", TOO_MANY_STARTS[1])


def test_a_job_that_waits_is_not_held_and_a_condition_of_the_study_holds_too() -> None:
    assert is_held(SHIPPED, JobSection(), "JobStatus = 1\n") is False
    own = JobSection(
        submit={"Periodic_Hold": "JobStatus == 2 || x", "periodic_hold_reason": '"mine"', "periodic_hold_subcode": 7}
    )
    assert is_held(SHIPPED, own, STARTED.format(20, 0)) == ("mine", 7)
    assert is_held(SHIPPED, own, "JobStatus = 1\n") is False
    text = submit_description("abc", "tiny", SHIPPED, own, Path("/p"), [])
    assert sum(line.lower().startswith("periodic_hold =") for line in text.splitlines()) == 1
    plain = TrainerSection(command=["./go"], inputs=["go"])
    assert "SweepTooManyHandovers" not in submit_description("abc", "tiny", plain, own, Path("/p"), [])


def test_no_job_has_the_proxy_to_the_files_of_its_user() -> None:
    lines = submit_description("abc", "tiny", SHIPPED, JobSection(), Path("/p"), []).splitlines()
    assert [line for line in lines if "proxy" in line.lower() and "=" in line] == ["want_io_proxy = false"]


def test_a_program_without_checkpoints_brings_nothing_home_when_evicted() -> None:
    for checkpoints, line in ((False, "when_to_transfer_output = ON_EXIT"), (True, "checkpoint_exit_code = 85")):
        trainer = TrainerSection(
            command=["./go"], inputs=["go", "https://x/y"], metrics="a.csv", checkpoints=checkpoints
        )
        text = submit_description("abc", "tiny", trainer, JobSection(), Path("/bin/x"), [])
        assert line in text.splitlines()
        assert "executable = /usr/bin/env" in text
        assert "include : ../trials/$(trial)/own.sub" in text
        assert "../../inputs/go, https://x/y\n" in text
        assert "a.csv" in next(line for line in text.splitlines() if line.startswith("transfer_output_files"))
