"""The study file: what is accepted, and what each mistake is told as."""

from __future__ import annotations

from pathlib import Path

import pytest

from sweep import resources
from sweep.config.load import load_config, parse_config
from sweep.errors import ConfigError
from tests.samples import STUDY


def mistakes(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse_config(text, "study.toml")
    return str(caught.value).splitlines()


@pytest.mark.parametrize(
    "file", sorted(resources.resource_folder("configs").glob("*.toml")), ids=lambda file: file.name
)
def test_shipped_studies_are_valid(file: Path) -> None:
    assert load_config(file).search


def test_a_good_file_keeps_every_value() -> None:
    there = parse_config(STUDY, "study.toml")
    assert there.study.trials_per_generation == 3
    lr = there.search["lr"].model_dump(exclude_defaults=True)
    assert lr == {"type": "float", "low": 1e-4, "high": 0.1, "log": True}
    assert there.job.request_memory == "512 MB"
    assert there.job.request_gpus == 0


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('metric = "val_accuracy"', "", "study.toml: [study] metric: missing"),
        ("trials_per_generation", "trial_per_generation", "[study] trial_per_generation: unknown key; did you mean 't"),
        ('metric = "val_accuracy"', 'metric = "val_acuracy"', "did you mean 'val_accuracy'?"),
        (
            '"maximize"',
            '"maximise"',
            "[study] direction: must be 'minimize' or 'maximize', or one of them for each metric (it is 'maximise')",
        ),
        ('"val_accuracy"', '["val_accuracy", "val_loss"]', "[study]: metric names 2, but direction 1"),
        ('"val_accuracy"', '["val_loss", "val_loss"]', "[study] metric: names 'val_loss' twice"),
        ('"val_accuracy"', '["val_loss", "mb"]', "[study] metric: the trainer reports no 'mb'; it reports"),
        ('"val_accuracy"', "7", "[study] metric: must be a string, or a list of them (it is 7)"),
        ("[job]", '[constraints]\nmetrics = ["modell_mb < 5"]\n[job]', "reports no 'modell_mb'; it reports"),
        ("[job]", '[constraints]\nmetrics = ["model_mb"]\n[job]', "metrics: number 1 is neither true nor false"),
        ("[job]", '[pruner]\nname = "medain"\n[job]', "[pruner]: there is no pruner 'medain'; did you mean 'median'?"),
        ("[job]", '[pruner]\nname = "median"\nwarmup = 3\n[job]', "[pruner]: median has no option 'warmup'"),
        ("[job]", '[pruner]\nname = "percentile"\n[job]', "[pruner]: percentile: "),
        ("[job]", '[pruner]\nname = "threshold"\n[job]', "[pruner]: threshold: Either lower or upper"),
        ("seed = 7", 'seed = "7"', "[study] seed: input should be a valid integer (it is '7')"),
        ("seed = 7", "seed = true", "[study] seed: input should be a valid integer"),
        ('name = "tiny"', 'name = "a/../b"', "[study] name: must be letters, digits"),
        ('name = "tiny"', 'name = "current"', "[study] name: runs/current is a file of sweep's own"),
        ("low = 1e-4, high = 1e-1", "low = 1.0, high = 0.1", "[search] lr: low (1.0) is greater than high (0.1)"),
        ("low = 1e-4,", "low = 0.0,", "[search] lr: log = true needs low > 0, not 0.0"),
        ("low = 1e-4,", "low = nan,", "[search] lr.low: input should be a finite number"),
        ("low = 8,", "low = 8.5,", "[search] width.low: input should be a valid integer"),
        ("step = 8", "stap = 8", "[search] width.stap: unknown key; did you mean 'step'?"),
        ("step = 8", "step = 8, log = true", "[search] width: log and step exclude each other"),
        ('type = "int"', 'type = "integer"', "[search] width.type: unknown type 'integer'; did you mean 'int'?"),
        ('type = "int", ', "", "[search] width.type: missing; it must be one of float, int, categorical"),
        ('"gelu", "silu"', '"gelu", "relu"', "[search] activation: choices has 'relu' twice"),
        ('["relu", "gelu", "silu"]', "[]", "[search] activation.choices: needs at least 1"),
        (
            '["relu", "gelu", "silu"]',
            '["relu", "elu"]',
            "activation must be one of ['relu', 'gelu', 'silu', 'tanh'], not",
        ),
        ("lr         =", "learning_rate =", "[search] learning_rate: the trainer has no such parameter"),
        ("width      =", "widht      =", "[search] widht: the trainer has no such parameter; did you mean 'width'?"),
        ('type = "int", low = 8, high = 64, step = 8', 'type = "float", low = 8, high = 64', "width is a whole number"),
        ("high = 64", "high = 64, low = 0", "not valid TOML"),
        ("epochs = 2", "epochs = 0", "[trainer] epochs: input should be greater than or equal to 1 (it is 0)"),
        ('data = "photos"', 'data = "a,b"', "[trainer] data: must not hold a comma"),
        ('data = "photos"', 'data = "a\\nb"', "[trainer] data: must be one line"),
        ('"512 MB"', '"512 apples"', "(it is '512 apples')"),
        ("request_memory", "request_memmory", "[job] request_memmory: unknown key; did you mean 'request_memory'?"),
        ("[job]", '[job]\ncheckpoint_every = "soon"', '[job] checkpoint_every: must look like "30 min", "2 h" or'),
        ("[job]", '[job]\ncheckpoint_every = "1.5 epochs"', "[job] checkpoint_every: must look like"),
        ('data = "photos"', 'data = ""', "[trainer] data: needs at least 1"),
        ('data = "photos"', "data = 'http://x/y\\'", "[trainer] data: must be one line of printable characters"),
        ("[job]", "[job]\ncontainer_image = 'a\\'", "[job] container_image: must be one line of printable"),
        (
            'data = "photos"',
            'data = "fashion-mnist"\nclasses = ["Shrt", "Coat"]',
            "no class 'Shrt'; did you mean 'Shirt'?",
        ),
        ('data = "photos"', 'data = "photos"\nclasses = ["cat", "cat"]', "classes names one twice"),
        ("epochs = 2", "epochs = 99999999999", "[trainer] epochs: input should be less than or equal to 1000000"),
        ("high = 64", "high = 99999999999999999999", "[search] width.high: input should be less than or equal to"),
        ("high = 64", "high = 99999999", "[search] width must be at least 1 and at most 65536 for the trainer"),
        ("[job]", "[job]\nrequest_cpus = {}", "[job] request_cpus: input should be a valid integer"),
        ("[search]", "[search]\nmomentum = 2.0", "[search] momentum must be at least 0.0 and at most 0.9999"),
        ("[search]", '[search]\nmomentum = "high"', "[search] momentum is a float for the trainer, so 'high' cannot"),
        ("step = 8", "step = 8, when = { lr = 5.0 }", "[search] width.when: lr is never 5.0"),
        ("step = 8", "step = 8, when = { activation = [] }", "[search] width.when: activation needs a value"),
        ("step = 8", "step = 8, when = { widht = 8 }", "[search] width.when: there is no parameter 'widht'"),
        ("step = 8", "step = 8, when = { width = 8 }", "[search] width.when: goes in a circle"),
        ("step = 8", 'step = 8, repeat = "n_blocks"', "[search] width.repeat: there is no parameter 'n_blocks'"),
        ("step = 8", 'step = 8, repeat = "lr"', "[search] width.repeat: it may be repeated for each of n_blocks"),
        ("log = true", "log = true, repeat = 3", "[search] lr.repeat: it has one value in the trainer"),
        ("[trainer]", '[sampler]\nname = "tpa"\n[trainer]', "[sampler]: there is no sampler 'tpa'; did you mean 'tpe'"),
        (
            "[trainer]",
            "[sampler]\npopsize = 5\n[trainer]",
            "[sampler]: tpe has no option 'popsize'; it has prior_weight",
        ),
        ("[trainer]", "[sampler]\ngroup = 1\n[trainer]", "[sampler]: group must be bool, not 1"),
        ("[trainer]", '[sampler]\nname = "grid"\n[trainer]', "[search] lr: grid needs a step, or a list of choices"),
        ("[trainer]", "[constraints]\nparameters = ['width']\n[trainer]", "parameters: number 1 is neither true nor"),
        (
            "[trainer]",
            "[constraints]\nparameters = ['widht < 3']\n[trainer]",
            "has 'widht', which is no parameter; did",
        ),
        ("[trainer]", "[[trials]]\nlr = 3.0\n[trainer]", "[[trials]] 1: lr is never 3.0"),
        ("[trainer]", "[[trials]]\nrate = 3.0\n[trainer]", "[[trials]] 1: rate is not searched"),
        ('"512 MB"', '"40 * widht"', "[job] widht is no parameter; did you mean 'width'?"),
        ('"512 MB"', '"width - 8"', "[job] 'width - 8' is 0 for {'width': 8}"),
        ('"512 MB"', '"width <= 8"', "[job] request_memory: must look like"),
        ('"512 MB"', '"width"\nretry_request_memory = "60 MB"', "'60 MB' is no more than the 64 MB of the try before"),
        ("[job]", '[job]\nrequirements = "a) || (b"', "[job] requirements: is no ClassAd expression"),
        ("[job]", '[job]\nrequire_gpus = "x"', "[job]: gpus_… and require_gpus have no effect without"),
        ("[job]", "[job.submit]\nconcurrency_limit = 'x'\n[job.attributes]", "did you mean 'concurrency_limits'?"),
        ("[job]", "[job.submit]\nqueue = 7\n[job.attributes]", "queue is sweep's own: each node of the workflow"),
        ("[job]", "[job.submit]\ngetenv = true\n[job.attributes]", "getenv is sweep's own: it would copy your env"),
        ("[job]", "[job.submit]\nrequest_memory = 7\n[job.attributes]", "request_memory has its place in [job]"),
        ("[job]", "[job.submit]\n'+WantX' = true\n[job.attributes]", "write WantX in [job.attributes]"),
        ("[job]", "[job.attributes]\n'+WantX' = true\n[job.submit]", "'+WantX' is no name of a ClassAd attribute"),
        ("[job]", "[job.attributes]\nSweepTrial = 1\n[job.submit]", "attributes that begin with Sweep are sweep's own"),
        ("[job]", "[job.attributes]\na = 1\nA = 2\n[job.submit]", "[job] attributes: a is there twice"),
        ("[job]", '[job]\ndata = "x.zip"', "[job] data: must be a URL"),
        ('"photos"\n\n[job]', '"fashion-mnist"\n[job]\ndata = "osdf:///x"', "[job] data says where else"),
        ("[job]", "[jobs]", "[jobs]: unknown section; did you mean 'job'?"),
        (
            "request_memory",
            "gpus_minimum_memory",
            "[job]: gpus_… and require_gpus have no effect without request_gpus = 1",
        ),
    ],
)
def test_each_mistake_names_file_key_and_remedy(old: str, new: str, expected: str) -> None:
    assert old in STUDY
    found = mistakes(STUDY.replace(old, new, 1))
    assert any(expected in line for line in found), found
    assert all(line.startswith("study.toml: ") for line in found)


def test_one_mistake_gives_one_line() -> None:
    assert len(mistakes(STUDY.replace('"512 MB"', '"512 apples"'))) == 1
    assert len(mistakes(STUDY.replace('data = "photos"', "data = 3"))) == 1
    assert len(mistakes(STUDY.replace('"relu", "gelu"', "[1], {}"))) == 2


def test_all_mistakes_are_shown_at_once() -> None:
    text = STUDY.replace('metric = "val_accuracy"', "").replace("low = 1e-4,", "low = -1.0,").replace("epochs", "epoch")
    found = "\n".join(mistakes(text))
    for key in ("[study] metric", "[search] lr", "[trainer] epoch:", "[trainer] epochs: missing"):
        assert key in found


def test_a_section_that_is_no_section() -> None:
    assert mistakes("study = 3\n" + STUDY.replace("[study]", "[other]"))[0].startswith(
        "study.toml: [study]: must be a section of its own, [study]"
    )


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    file = tmp_path / "study.toml"
    file.write_text(STUDY, encoding="utf-8-sig")
    assert load_config(file).study.name == "tiny"


def test_a_missing_file_says_what_to_type(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no such file") as caught:
        load_config(tmp_path / "none.toml")
    assert "sweep init" in caught.value.advice
