"""The section `[trainer]` of a study file: the program that each trial runs, and its data."""

from __future__ import annotations

import posixpath
import re
from typing import Annotated, Self

from pydantic import Field, field_validator, model_validator

from sweep.config.command import Word
from sweep.config.parameters import InvalidValueError, Section
from sweep.config.text import (
    check_macros,
    check_printable,
    check_transferable,
    did_you_mean,
    first_duplicate,
    toml_text,
)

FASHION_MNIST = "fashion-mnist"
"""The value of `[trainer] data` for the data set that `sweep data fashion-mnist` fetches."""

FASHION_CLASSES = (
    "T-shirt/top", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot",
)  # fmt: skip
"""The classes of Fashion-MNIST, as torchvision names them."""


def file_name(place: str) -> str:
    """Return the name that a file, folder or URL has in the folder where a job starts; '' if it has none."""
    path = place.split("?")[0] if "://" in place else place
    name = posixpath.basename(posixpath.normpath(path))
    return "" if name in (".", "..", "~") else name


def _check_named(entry: str) -> None:
    """Raise ValueError for a file or folder that HTCondor cannot transfer, or that has no name of its own."""
    if not file_name(check_transferable(entry)):
        raise ValueError(f"must name files and folders, not {toml_text(entry)}; list what your program needs")


class OutputPattern(Section):
    """A regular expression that finds the metrics in what a program prints."""

    stdout: str = Field(
        description="Regular expression over the standard output, with a group around the value: "
        r"`'accuracy: (\S+)'`. For several metrics, name the groups: `(?P<loss>\S+)`."
    )

    @field_validator("stdout")
    @classmethod
    def _check_pattern(cls, pattern: str) -> str:
        try:
            groups = re.compile(pattern).groups
        except re.error as error:
            raise ValueError(f"must be a regular expression: {error}") from None
        if not groups:
            raise ValueError("must have a group, ( ), around the value, such as 'accuracy: (\\S+)'")
        return pattern


class TrainerSection(Section):
    """`[trainer]`: how the shipped trainer trains, or a program of the user's own."""

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
    def _check_data(cls, data: str | None) -> str | None:
        return None if data is None else check_transferable(data)

    @field_validator("weights")
    @classmethod
    def _check_weights(cls, weights: dict[str, str]) -> dict[str, str]:
        for entry in weights.values():
            check_transferable(entry)
        return weights

    @field_validator("inputs")
    @classmethod
    def _check_inputs(cls, inputs: list[str]) -> list[str]:
        for entry in inputs:
            _check_named(entry)
        return inputs

    @field_validator("outputs")
    @classmethod
    def _check_outputs(cls, outputs: list[str]) -> list[str]:
        for name in outputs:
            if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_-]*", name):
                raise ValueError(f"must be names of folders (letters, digits, '_' and '-'), not {toml_text(name)}")
        return outputs

    @field_validator("command")
    @classmethod
    def _check_command(cls, command: list[Word] | None) -> list[Word] | None:
        for group in command or []:
            for word in [group] if isinstance(group, str) else group:
                check_macros(check_printable(word))
        if command and not isinstance(command[0], str):
            raise ValueError("must begin with the program's name, as a string by itself")
        return command

    @field_validator("environment")
    @classmethod
    def _check_environment(cls, environment: dict[str, str]) -> dict[str, str]:
        for name, value in environment.items():
            if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
                raise ValueError(f"{name!r} is not a valid name of a variable; use letters, digits and _")
            if name.upper().startswith("_CONDOR_"):
                raise ValueError(f"must not have {name}, because HTCondor reads such variables itself")
            check_macros(check_printable(value))
        return environment

    @field_validator("metrics")
    @classmethod
    def _check_metrics(cls, metrics: str | OutputPattern) -> str | OutputPattern:
        if isinstance(metrics, str) and not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*\.(jsonl|json|csv)", metrics):
            raise ValueError("must be the name of a .jsonl, .json or .csv file, or { stdout = 'accuracy: (\\S+)' }")
        return metrics

    @model_validator(mode="after")
    def _check_section(self) -> Self:
        self._check_program_keys()
        if self.data_sha256 and (self.data is None or self.data == FASHION_MNIST):
            raise InvalidValueError("data_sha256", "needs data that is one file of your own")
        self._check_classes()
        return self

    def _check_program_keys(self) -> None:
        """Raise InvalidValueError for a key that only the shipped trainer uses, or only a user's own program."""
        for key in ("inputs", "outputs", "environment", "metrics", "checkpoints"):
            if self.command is None and key in self.model_fields_set:
                raise InvalidValueError(key, "is only for a program of your own; name the program with command")
        for key in ("classes", "image_size", "weights"):
            if self.command is not None and getattr(self, key):
                raise InvalidValueError(key, "is only for the shipped trainer; leave it out, or leave out command")

    def _check_classes(self) -> None:
        """Raise InvalidValueError for a class that is named twice, or that Fashion-MNIST does not have."""
        if twice := first_duplicate(self.classes or []):
            raise InvalidValueError("classes", f"has {twice!r} twice")
        for name in (self.classes or []) if self.data == FASHION_MNIST else []:
            if name not in FASHION_CLASSES:
                suggestion = did_you_mean(name, FASHION_CLASSES)
                raise InvalidValueError("classes", f"{FASHION_MNIST} has no class {name!r}{suggestion}")

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
