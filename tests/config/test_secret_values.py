"""Secrets in study files and site files."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from sweep.config.load import parse_config
from sweep.config.secret_values import secret_in_address, secret_mistakes
from sweep.config.sites import load_site
from sweep.errors import ConfigError
from tests.samples import OWN, OWN_SITE, STUDY

LOGIN = "a user or password"


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("https://ada:SECRET@host/x.zip", LOGIN),
        ("https://SECRET@host/x.zip", LOGIN),
        ("HTTPS://ada:SECRET@host:8443?x", LOGIN),
        ("--url=https://ada:SECRET@host", LOGIN),
        ("https://host/a,https://ada:SECRET@host/b", LOGIN),
        ("https://ada:SEC/RET@host/x", LOGIN),
        ("https://ada:SECR%40ET@host", LOGIN),
        ("docker://ada:SECRET@host/image:1", LOGIN),
        ("git+https://SECRET@host/repo", LOGIN),
        ("ftp://ada:SECRET@host/x", LOGIN),
        ("postgresql://ada:SECRET@host/db", LOGIN),
        ("osdf://SECRET@host/x", LOGIN),
        ("https://host/x?token=SECRET", "the option 'token'"),
        ("https://host/x?a=1&sig=SECRET&b=2", "the option 'sig'"),
        ("https://host/x?X-Amz-Algorithm=A&X-Amz-Signature=SECRET", "the option 'X-Amz-Signature'"),
        ("https://host/x?X%2DGoog%2DSignature=SECRET", "the option 'X-Goog-Signature'"),
        ("https://host/x?key=SECRET", "the option 'key'"),
        ("https://host/x?rlkey=SECRET", "the option 'rlkey'"),
        ("https://host/x#access_token=SECRET", "the option 'access_token'"),
        ("https://host/x?a=1;password=SECRET", "the option 'password'"),
        ("https://host/@ada/x?download=1", ""),
        ("https://host:8443/ada@x.zip?version=2&token=", ""),
        ("https://host/x?token={token}", ""),
        ("docker://python:3.11@sha256:0f1e2d", ""),
        ("docker://host:5000/python:3.11@sha256:0f1e2d", ""),
        ("ssh://git@host/x", ""),
        ("postgresql://ada@host/db", ""),
        ("osdf:///ospool/ap40/data/ada/photos.zip", ""),
        ("abfss://container@account.dfs.core.windows.net/x", ""),
        ("file:///home/a:b@c/x", ""),
        ("http://[::1]:8080/x@y", ""),
        ("ada:SECRET@host", ""),
        ("no address @ all", ""),
    ],
)
def test_what_an_address_holds(text: str, what: str) -> None:
    found = secret_in_address(text)
    assert found.startswith(what)
    assert bool(found) == bool(what)


BAD = "https://ada:SECRET@host/x"


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('inputs = ["train.py"]', f'inputs = ["train.py"]\ndata = "{BAD}"', "[trainer] data"),
        ('inputs = ["train.py"]', f'inputs = ["train.py", "{BAD}"]', "[trainer] inputs, entry 2"),
        ('inputs = ["train.py"]', f'inputs = ["{BAD},"]', "[trainer] inputs, entry 1"),
        ('"python", "train.py"', f'"python", "train.py", "--url={BAD}"', "[trainer] command, entry 3"),
        ('SEED = "{seed}"', f'URL = "{BAD}"', "[trainer] environment.URL"),
        ('SEED = "{seed}"', 'PGPASSWORD = "SECRET"', "[trainer] environment"),
        ("[job]", f'[job]\ncontainer_image = "{BAD}"', "[job] container_image"),
        ("[job]", f'[job]\ndata = "{BAD}"', "[job] data"),
        ("[job]", f'[job]\nsite = "{BAD}"', "[job] site"),
        ("[job]", f'[job.attributes]\nWhere = "{BAD}"\n[job]', "[job] attributes.Where"),
        ("[job]", '[job.attributes]\nWandbApiKey = "SECRET"\n[job]', "[job] attributes"),
        ("[job]", f'[job.submit]\nnotify_user = "{BAD}"\n[job]', "[job] submit.notify_user"),
        ("[job]", '[job.submit]\nmy_token = "SECRET"\n[job]', "[job] submit"),
        ("[job]", f'[tracking]\nwandb = "{BAD}"\n[job]', "[tracking] wandb"),
        ('"relu"', f'"{BAD}"', "[search] activation.choices, entry 1"),
        ("[search]", f'[search]\nurl = "{BAD}"', "[search] url"),
        ("[search]", f'[search]\nurl = {{ type = "fixed", value = "{BAD}" }}', "[search] url.value"),
        ("[job]", f'[[trials]]\nactivation = "{BAD}"\n[job]', "[[trials]] 1, activation"),
    ],
)
def test_a_secret_is_refused_wherever_it_stands_and_never_repeated(old: str, new: str, key: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_config(OWN.replace(old, new, 1), "study.toml")
    assert str(caught.value).startswith(f"study.toml: {key}: must not have ")
    assert "SECRET" not in str(caught.value) + caught.value.advice
    assert "chmod 600" in caught.value.advice


def test_the_shipped_trainer_s_weights_too() -> None:
    text = STUDY.replace('"photos"', f'"photos"\nweights = {{ resnet18 = "{BAD}" }}')
    with pytest.raises(ConfigError, match=r"\[trainer\] weights.resnet18: must not have an address with a user"):
        parse_config(text, "study.toml")


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('Cellar = "deep"', 'CELLAR_KEY = "SECRET"', "[job] attributes"),
        ("[job]", f'[resumable]\ncontainer_image = "{BAD}"\n[job]', "[resumable] container_image"),
        ("https://example.org/cellar", BAD, "[[rules]] 1, source"),
    ],
)
def test_a_site_s_file_holds_none_either(tmp_path: Path, old: str, new: str, key: str) -> None:
    file = tmp_path / "cellar.toml"
    file.write_text(OWN_SITE.replace(old, new, 1))
    with pytest.raises(ConfigError) as caught:
        load_site(file, "cellar.toml")
    assert f"{file}: {key}: must not have " in str(caught.value)
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ('["run", "--api-key=SECRET"]', "--api-key"),
        ('["run", ["--token", "SECRET"]]', "--token"),
        ('["env", "OPENAI_KEY=SECRET", "run"]', "OPENAI_KEY"),
        ('["run", "--token={activation}", "--password-file=pw", "--pad-token=x", "--lr={lr}"]', ""),
        ('["run", "--use-auth", "--x=1"]', ""),
    ],
)
def test_options_of_a_command(command: str, name: str) -> None:
    text = OWN.replace('["python", "train.py", "--lr={lr}", ["--width", "{width}"], "{activation}"]', command)
    assert text != OWN
    found = secret_mistakes(tomllib.loads(text))
    assert found == ([f"[trainer] command: must not have {name}, which looks like a secret"] if name else [])


def test_a_parameter_that_is_a_secret() -> None:
    text = OWN.replace("[search]", '[search]\napi_key = { type = "categorical", choices = ["SECRET", "other"] }')
    assert secret_mistakes(tomllib.loads(text)) == ["[search] api_key: looks like a secret"]
