"""No name and no value of a study becomes a DAG command, a submit command or a shell word."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import htcondor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sweep.config.job import JobSection
from sweep.config.load import parse_config
from sweep.config.trainer import TrainerSection
from sweep.errors import ConfigError
from sweep.trial.spec import ParamValue, TrialSpec
from sweep.workflow.attributes import node_vars
from sweep.workflow.dag import generation_dag, node_script, outer_dag
from sweep.workflow.submit import submit_description, trial_commands
from tests.samples import OWN as OWN_STUDY
from tests.samples import STUDY

NASTY = st.one_of(
    st.text(),
    st.sampled_from(
        [
            "x\nJOB evil evil.sub",
            'x" \nSCRIPT PRE trial-00000 evil',
            "x\\\nqueue 100",
            "\nexecutable = /bin/evil",
            "$(touch evil)",
            "`touch evil`",
            "'; touch evil; '",
            "$$([ evil ])",
            "\r\nqueue",
            "\u2028queue",
            "\x0bqueue",
            "# not a comment",
        ]
    ),
)


def spec(**params: str) -> TrialSpec:
    return TrialSpec(0, 0, 0, dict(params), 0, 0, 2, ["acc"], {"path": "x"})


def commands(text: str) -> list[str]:
    """The first word of each line that is no comment; lines end where DAGMan and condor_submit say so."""
    return [line.split()[0] for line in text.split("\n") if line.strip() and not line.lstrip().startswith("#")]


PLAIN_DAG = commands(generation_dag("id", "tiny", 0, [spec(activation="relu")], set(), 4))


@given(NASTY)
def test_no_value_becomes_a_dag_command(value: str) -> None:
    text = generation_dag("id", "tiny", 0, [spec(activation=value)], set(), 4)
    assert commands(text) == PLAIN_DAG
    assert "\r" not in text


OWN = TrainerSection(command=["run", "{x}", "--y={x}"], environment={"X": "{x}"}, metrics="a.csv")


@given(NASTY)
def test_no_value_becomes_a_submit_command(value: str) -> None:
    try:
        text = trial_commands(OWN, JobSection(), spec(x=value))
    except ValueError as error:
        assert "cannot hold" in str(error)  # noqa: PT017
        return
    assert commands(text) == ["arguments", "environment"]
    assert text.isprintable() or text.replace("\n", "").isprintable()
    assert "$(" not in text.replace("$(DOLLAR)", "").replace("$$(DOLLARDOLLAR)", "")


@given(NASTY, st.sampled_from(["data", "container_image", "request_memory", "name", "checkpoint_every"]))
def test_no_setting_becomes_a_command(value: str, key: str) -> None:
    quoted = '"' + "".join(f"\\U{ord(letter):08X}" for letter in value) + '"'
    old = {"data": 'data = "photos"', "request_memory": 'request_memory = "512 MB"', "name": 'name = "tiny"'}
    text = STUDY.replace(old[key], f"{key} = {quoted}") if key in old else STUDY + f"{key} = {quoted}\n"
    try:
        there = parse_config(text, "study.toml")
    except ConfigError:
        return
    carried = [there.trainer.data or ""]
    description = submit_description(
        "id", there.study.name, there.trainer, there.job, Path("/usr/bin/python3"), carried
    )
    image = {"container_image"} if there.job.container_image else set()
    assert set(commands(description)) - image == PLAIN_SUBMIT
    assert commands(outer_dag("id", there.study.name, 1, set()))[-3:] == ["SUBDAG", "PRE_SKIP", "SCRIPT"]


MACROS = [
    "$(HOME)", "$$(Foo)", "$$([ 1 + 1 ])", "$ENV(HOME)", "$F(x)", "$INT(3)", "$RANDOM_CHOICE(a)", "$(DOLLAR)",
    "$(dollar)(x)", "$$(DOLLARDOLLAR)", "ends in $", "$", "$$", "$$$(HOME)", "$(HOME:1)", "a$b$$c", "$(",
]  # fmt: skip
"""Texts that condor_submit, or the schedd at a match, would replace."""

PLACES = {
    "a choice": 'activation = {{ type = "categorical", choices = ["relu", "{0}"] }}',
    "a fixed value": 'activation = "{0}"',
    "a command word": 'command = ["python", "train.py", "x{0}", "{{activation}}"]',
    "a variable": 'environment = {{ SEED = "x{0}" }}',
    "an input": 'inputs = ["x{0}"]',
    "the data": 'inputs = ["train.py"]\ndata = "osdf:///x{0}"',
    "the image": '[job]\ncontainer_image = "x{0}"',
    "the requirements": "[job]\nrequirements = 'Foo == \"x{0}\"'",
    "a GPU's requirements": "[job]\nrequest_gpus = 1\nrequire_gpus = 'Foo == \"x{0}\"'",
    "an attribute": '[job.attributes]\nFoo = "x{0}"\n[job]',
    "a command": '[job.submit]\nbatch_name = "x{0}"\n[job]',
}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("text", MACROS)
def test_a_macro_arrives_as_it_was_or_is_refused(place: str, text: str) -> None:
    new = PLACES[place].format(text)
    key = "[job]" if new.startswith("[job") else new.split(" =")[0]
    line = next(line for line in OWN_STUDY.splitlines() if line.startswith(key))
    try:
        there = parse_config(OWN_STUDY.replace(line, new, 1), "study.toml")
    except ConfigError as error:
        is_late = place not in ("a choice", "a fixed value", "a command word", "a variable")
        if "$(dollar" in text.lower() or (is_late and "$$" in text):
            return
        raise error from None
    trial = spec(activation=text if "value" in place or "choice" in place else "relu", lr="1", width="2")
    data = [there.trainer.data or ""]
    description = submit_description("id", "tiny", there.trainer, there.job, Path("/bin/sh"), data)
    own = trial_commands(there.trainer, there.job, trial)
    read = htcondor2.Submit(re.sub("include : .*", own, description, count=1))
    # What condor_submit leaves for the schedd, which replaces nothing else.
    expanded = " ".join(read.expand(name) for name in read).replace("$$(DOLLARDOLLAR)", "$$")
    assert text in expanded
    assert "$" not in node_vars(trial)


WORDS = st.sampled_from(["WantGPULab", "notification", "+X", "x = 1\nqueue", "my.y", "queue", "include"]) | NASTY


@given(
    WORDS, NASTY | st.floats(allow_nan=False, allow_infinity=False) | st.integers(-9, 9) | st.booleans(), st.booleans()
)
def test_nothing_passed_through_becomes_another_command(name: str, value: ParamValue, as_attribute: bool) -> None:
    try:
        job = JobSection.model_validate({"attributes" if as_attribute else "submit": {name: value}})
    except ValueError:
        return
    text = submit_description("id", "tiny", SHIPPED, job, Path("/usr/bin/python3"), ["x"])
    (added,) = set(text.split("\n")) - set(PLAIN_TEXT.split("\n"))
    assert added.startswith(f"My.{name} = " if as_attribute else f"{name} = ")
    assert added.isprintable()
    assert "$(" not in added.replace("$(DOLLAR)", "").replace("$$(DOLLARDOLLAR)", "")
    assert not added.endswith("\\")


@given(NASTY, st.sampled_from(["requirements", "require_gpus"]))
def test_no_expression_of_a_site_s_own_language_leaves_its_line(value: str, key: str) -> None:
    try:
        job = JobSection.model_validate({"request_gpus": 1, key: value})
    except ValueError:
        return
    text = submit_description("id", "tiny", SHIPPED, job, Path("/usr/bin/python3"), ["x"])
    assert set(commands(text)) - {"request_gpus", "require_gpus"} == PLAIN_SUBMIT


SHIPPED = TrainerSection(epochs=1, data="x")
PLAIN_TEXT = submit_description("id", "tiny", SHIPPED, JobSection(), Path("/usr/bin/python3"), ["x"])
PLAIN_SUBMIT = set(commands(PLAIN_TEXT))


@pytest.mark.parametrize(
    "name",
    ["lr\nJOB evil", 'lr"', "lr=1", "lr;evil", "$(lr)", "lr value", "", "1lr", "lr-x", "é", "My.Owner", "x" * 65],
)
def test_no_odd_name_is_a_parameter(name: str) -> None:
    quoted = '"' + "".join(f"\\U{ord(letter):08X}" for letter in name) + '"'
    own = STUDY.replace("[trainer]", f"{quoted} = 1\n[trainer]\ncommand = ['run']\n")
    with pytest.raises(ConfigError, match="a name must be a letter, then letters, digits and _, at most 64 characters"):
        parse_config(own, "study.toml")


@pytest.mark.processes
@pytest.mark.parametrize("script", ["propose", "harvest", "keep"])
@pytest.mark.parametrize("name", ["it's; touch evil", "$(touch evil)", 'a "b" `touch evil`', "&& touch evil", "-rf"])
def test_no_folder_s_name_becomes_a_shell_word(tmp_path: Path, script: str, name: str) -> None:
    home = tmp_path / name
    (home / "dag" / "posts").mkdir(parents=True)
    python = home / "python"
    # Answers a POST script, too.
    answers = 'for post in posts/*; do [ ! -f "$post" ] || echo "0 $(cat said)" > "$post"; done\n'
    python.write_text(f'#!/bin/sh\nprintf "%s\\n" "$PYTHONPATH" "$@" | tee words\n{answers}')
    python.chmod(0o755)
    (home / "dag" / "said").write_text("$(touch evil) `touch evil`\n")
    file = home / "dag" / script
    file.write_text(node_script(script, python, home))
    file.chmod(0o755)
    # A POST script refuses other words at its first three places.
    words = ["3", "0" if script == "harvest" else "$(touch evil)", "9", "`touch evil`"]
    done = subprocess.run([f"./{script}", *words], cwd=home / "dag", capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    started = (home / "dag" / "words").read_text().splitlines()
    if script == "harvest":
        assert started[-2:] == ["..", "`touch evil`"]
        assert done.stdout == "$(touch evil) `touch evil`\n"
    else:
        assert started[-5:] == ["..", *words]
    assert not list(tmp_path.rglob("evil"))
