"""A wandb that reads its environment anew."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import wandb


@pytest.fixture
def fresh_wandb() -> Iterator[None]:
    """wandb reads its environment once in a process."""
    wandb.teardown()
    yield
    wandb.teardown()
