"""The section `[tracking]` of a study file: where `sweep sync` uploads trials."""

from __future__ import annotations

import re

from pydantic import Field, field_validator

from sweep.config.parameters import Section
from sweep.config.secret_values import secret_in_address
from sweep.config.text import check_one_line

WANDB_KEY = re.compile(r"(local-)?[0-9a-f]{40}|wandb_v\d+_.*")
"""The form of the API keys of Weights & Biases."""


class TrackingSection(Section):
    """`[tracking]`: the trackers to which `sweep sync` uploads each trial that has ended.

    It holds no secrets: keys and passwords come from the environment, or from where the tracker keeps them.
    """

    tensorboard: bool = Field(
        default=False, description="Whether to write TensorBoard files, into `runs/STUDY/tensorboard`. Needs no server."
    )
    mlflow: str | None = Field(
        default=None,
        description="MLflow's tracking server, such as `https://mlflow.example.org`, or a local database such as "
        "`sqlite:///mlflow.db`. MLflow takes the user and password from the environment.",
    )
    wandb: str | None = Field(
        default=None,
        description='Project of Weights & Biases: `"project"` or `"team/project"`. The key comes from `wandb login`.',
    )

    @field_validator("mlflow")
    @classmethod
    def _check_mlflow(cls, uri: str | None) -> str | None:
        if uri is None:
            return None
        if secret_in_address(check_one_line(uri)):
            # The message does not repeat the address, so that the password gets into no log.
            raise ValueError(
                "must not contain a user or a password; set the variables MLFLOW_TRACKING_USERNAME and "
                "MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN"
            )
        if not uri.strip():
            raise ValueError('must be a server such as "https://mlflow.example.org", or "sqlite:///mlflow.db"')
        return uri

    @field_validator("wandb")
    @classmethod
    def _check_wandb(cls, project: str | None) -> str | None:
        if project is None:
            return None
        if WANDB_KEY.fullmatch(project):
            raise ValueError("must not be an API key, and this looks like one; remove it, and run: wandb login")
        if not re.fullmatch(r"([\w-][\w.-]*/)?[\w-][\w .-]*", project, re.ASCII):
            raise ValueError('must be the name of a project, or "TEAM/PROJECT"')
        return project

    @property
    def names(self) -> list[str]:
        """The names of the trackers that the study uses."""
        return [name for name in TrackingSection.model_fields if getattr(self, name)]
