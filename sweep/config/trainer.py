"""The section `[trainer]` of a study file: what each trial runs, and on what."""

from __future__ import annotations

import re
from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from sweep.config.command import Word
from sweep.config.parameters import Section
from sweep.config.text import check_printable, check_transferable, did_you_mean, is_secret
from sweep.paths import HELPER

FASHION_MNIST = "fashion-mnist"
"""Value of `[trainer] data` that stands for the data set which `sweep data fashion-mnist` fetches."""


FASHION_CLASSES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip
"""Its classes, as torchvision's FashionMNIST names them."""


def file_name(place: str) -> str:
    """Name that a file, folder or URL has in the folder where a job starts."""
    return place.split("?")[0].rstrip("/").rpartition("/")[2]


def _distinct(names: list[str]) -> None:
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise ValueError(f"two of them are called {twice!r}, where the job starts")


class OutputPattern(Section):
    """Where a program prints its metrics: a regular expression over its standard output, whose groups are the values.

    For several metrics the groups are named, (?P<loss>…).
    """

    stdout: str = Field(
        description="Regular expression over the standard output, with a group around the value: "
        r"`'accuracy: (\S+)'`. For several metrics, name the groups: `(?P<loss>\S+)`."
    )

    @field_validator("stdout")
    @classmethod
    def _one_group(cls, pattern: str) -> str:
        try:
            groups = re.compile(pattern).groups
        except re.error as error:
            raise ValueError(f"is no regular expression: {error}") from None
        if not groups:
            raise ValueError("must have a group, ( ), around the value")
        return pattern


class TrainerSection(Section):
    """`[trainer]`: what each trial trains on, and for how long; or a program of the user's own that does."""

    epochs: Annotated[int, Field(ge=1, le=1_000_000)] | None = Field(
        default=None,
        description="Number of epochs of each trial. The shipped trainer needs it; your own program only if it uses "
        "`{epochs}`, a pruner or slices.",
    )
    data: Annotated[str, Field(min_length=1)] | None = Field(
        default=None,
        description="Training data: `fashion-mnist` (fetch it with `sweep data fashion-mnist`), or a folder, zip or "
        "tar with one folder of images for each class. A path relative to the study file, or a URL. The shipped "
        "trainer needs it; for your own program it may be any file or folder.",
    )
    data_sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = Field(
        default=None,
        description="SHA-256 of `data`, if `data` is one file. A trial that received other data fails. "
        "Without it, the data that the first trial received counts.",
    )
    classes: Annotated[list[str], Field(min_length=2)] | None = Field(
        default=None, description="Classes of images to use, in this order. Without it, all classes."
    )
    image_size: Annotated[int, Field(ge=4)] | None = Field(
        default=None,
        description="Side in pixels to which photos are scaled. Without it 64; Fashion-MNIST keeps its 28.",
    )
    weights: dict[str, str] = Field(
        default_factory=dict,
        description="Files of pretrained weights by architecture, as paths relative to the study file or URLs: "
        '`{ resnet18 = "resnet18-f37072fd.pth" }`.',
    )
    command: Annotated[list[Word], Field(min_length=1)] | None = Field(
        default=None,
        description="Your own program and its arguments, in place of the shipped trainer: "
        '`["python", "train.py", "--lr={lr}", ["--momentum", "{momentum}"]]`. `{lr}` stands for a parameter; '
        "`{number}`, `{seed}`, `{epochs}` and `{data}` for the trial's own values. sweep leaves a list of words out "
        "if the trial lacks a parameter in it. No shell reads the words.",
    )
    inputs: list[str] = Field(
        default_factory=list,
        description="Files, folders and URLs that your program needs, relative to the study file: "
        '`["train.py", "lib/"]`. They travel with each job.',
    )
    outputs: list[str] = Field(
        default_factory=list,
        description='Folders that your program writes and that come home with the trial: `["logs"]`. '
        "They exist when the program starts.",
    )
    environment: dict[str, str] = Field(
        default_factory=dict,
        description='Environment variables of your program: `{ RUN_NAME = "trial {number}" }`, with the same '
        "`{…}` as in `command`. Names that look like secrets, such as `HF_TOKEN`, are refused.",
    )
    metrics: str | OutputPattern = Field(
        default="metrics.jsonl",
        description="Where your program writes its metrics: a `.jsonl`, `.json` or `.csv` file, or "
        r"`{ stdout = 'accuracy: (\S+)' }`, a pattern of its standard output.",
    )
    checkpoints: bool = Field(
        default=False,
        description="Whether your program writes checkpoints and resumes from them, as the trial contract says. "
        "Without them, an evicted trial starts over.",
    )

    @field_validator("data")
    @classmethod
    def _data_transferable(cls, data: str | None) -> str | None:
        return None if data is None else check_transferable(data)

    @field_validator("weights")
    @classmethod
    def _weights_transferable(cls, weights: dict[str, str]) -> dict[str, str]:
        _distinct([file_name(check_transferable(entry)) for entry in weights.values()])
        return weights

    @field_validator("inputs")
    @classmethod
    def _inputs_transferable(cls, inputs: list[str]) -> list[str]:
        _distinct([HELPER, *(file_name(check_transferable(entry)) for entry in inputs)])
        return inputs

    @field_validator("outputs")
    @classmethod
    def _folders(cls, outputs: list[str]) -> list[str]:
        for name in outputs:
            if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_-]*", name):
                raise ValueError(f"{name!r} must be the name of a folder: letters, digits, '_' and '-'")
        return outputs

    @field_validator("command")
    @classmethod
    def _words(cls, command: list[Word] | None) -> list[Word] | None:
        for group in command or []:
            for word in [group] if isinstance(group, str) else group:
                check_printable(word)
        if command and not isinstance(command[0], str):
            raise ValueError("begins with the program's name, a word by itself")
        return command

    @field_validator("environment")
    @classmethod
    def _variables(cls, environment: dict[str, str]) -> dict[str, str]:
        for name, value in environment.items():
            if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
                raise ValueError(f"{name!r} is no name of a variable")
            if is_secret(name):
                raise ValueError(f"has {name}, which looks like a secret: anybody could read it in the job's ad")
            check_printable(value)
        return environment

    @field_validator("metrics")
    @classmethod
    def _form(cls, metrics: str | OutputPattern) -> str | OutputPattern:
        if isinstance(metrics, str) and not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\.(jsonl|json|csv)", metrics):
            raise ValueError("must be the name of a .jsonl, .json or .csv file, or { stdout = 'a pattern' }")
        return metrics

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.command is None:
            for key in ("inputs", "outputs", "environment", "metrics", "checkpoints"):
                if key in self.model_fields_set:
                    raise ValueError(f"{key} is for a program of your own, which command names")
        elif self.classes or self.image_size or self.weights:
            raise ValueError("classes, image_size and weights are for the shipped trainer, not for a command")
        _distinct([file_name(place) for place in (self.data, *self.weights.values()) if place])
        _distinct([*self.outputs, "checkpoint", "out", "err", *map(file_name, self.inputs)])
        if self.data_sha256 and (self.data is None or self.data == FASHION_MNIST):
            raise ValueError("data_sha256 is for data that is one file")
        if self.classes and len(set(self.classes)) < len(self.classes):
            raise ValueError("classes names one twice")
        for name in (self.classes or []) if self.data == FASHION_MNIST else []:
            if name not in FASHION_CLASSES:
                raise ValueError(f"{FASHION_MNIST} has no class {name!r}{did_you_mean(name, FASHION_CLASSES)}")
        return self

    @property
    def is_url(self) -> bool:
        return self.data is not None and "://" in self.data

    @property
    def metrics_file(self) -> str:
        return self.metrics if isinstance(self.metrics, str) else "metrics.jsonl"

    @property
    def metrics_pattern(self) -> str:
        return "" if isinstance(self.metrics, str) else self.metrics.stdout

    @property
    def has_checkpoints(self) -> bool:
        return self.command is None or self.checkpoints
