"""What init, enqueue, try and data print."""

from __future__ import annotations

from pathlib import Path

import pytest

from sweep.errors import DataError
from sweep.study.enqueued import queued_configurations
from sweep.study.study import Study, open_current
from sweep.study.tried import TryResult
from tests.cli.commands import commands_to_type, output_of
from tests.samples import STUDY, TRIED


def test_init_says_how_to_launch(study_file: Path) -> None:
    text = output_of("init", study_file.name)
    assert "The study tiny is initialised in" in text
    assert commands_to_type(text) == ["sweep try", "sweep launch --generations 5"]
    dag = open_current(None).paths.dag
    dag.mkdir()
    (dag / "generations.txt").write_text("8\n")
    assert commands_to_type(output_of("init", study_file.name)) == ["sweep launch --generations 8"]


def test_init_of_a_confirmation_names_it(study: Study, study_file: Path) -> None:
    study_file.write_text(
        STUDY.replace("[study]", '[study]\nconfirms = "tiny"').replace('name = "tiny"', 'name = "tiny-confirm"')
    )
    text = output_of("init", study_file.name)
    assert commands_to_type(text) == [
        "sweep try --study tiny-confirm",
        "sweep launch --generations 5 --study tiny-confirm",
    ]
    assert open_current(None).config.study.name == study.config.study.name


def test_init_queues_the_best_of_another_study(study: Study, study_file: Path) -> None:
    study_file.write_text(STUDY.replace('name = "tiny"', 'name = "other"'))
    text = output_of("init", study_file.name, "--from", study.config.study.name)
    assert "Queued 0 of the best trials of tiny." in text


def test_enqueue(study: Study) -> None:
    assert output_of("enqueue", "lr=0.01", "--study", "tiny").strip() == "Queued. The next trial will use it."
    assert [values for _, values in queued_configurations(study)] == [{"lr": 0.01}]


@pytest.mark.usefixtures("study")
@pytest.mark.parametrize(("options", "fraction"), [((), 0.05), (("--fraction", "0.5"), 0.5)])
def test_try(monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...], fraction: float) -> None:
    seen: list[object] = []

    def try_out(_: Study, *words: object) -> TryResult:
        seen.extend(words[:3])
        return TRIED

    monkeypatch.setattr("sweep.control.try_out.try_out", try_out)
    assert "peak memory: 1 GB" in output_of("try", "lr=0.01", *options).replace("954 MB", "1 GB")
    assert seen == [{"lr": 0.01}, 1, fraction]


@pytest.mark.usefixtures("folder")
def test_data_names_the_data_sets_that_there_are() -> None:
    with pytest.raises(DataError, match="there is no data set 'cifar'") as caught:
        output_of("data", "cifar")
    assert commands_to_type(caught.value.advice) == ["sweep data fashion-mnist"]
