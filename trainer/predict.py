"""Loads trained models, and scores several of them and their averaged predictions on the test set.

python -m trainer.predict TRIAL.json … [--data PATH]     # prints the scores as JSON
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from trainer import architectures, data
from trainer.params import complete_params
from trainer.train import Training, choose_device
from trainer.trial import Trial

BATCH = 256
"""Number of images that are predicted at once."""


def load_model(folder: Path) -> tuple[nn.Module, list[str]]:
    """Return the trained model of a trial's folder, in eval mode, and the names of its classes.

    The model takes float32 images of shape (n, channels, size, size), which `trainer.data.NORMALISE` makes of uint8
    images, and returns logits of shape (n, classes). Raises ValueError if the folder has no undamaged checkpoint.
    """
    trial = Trial.read(folder / "trial.json")
    state = _load_checkpoint(trial)
    channels, size = state["input"]
    classes: list[str] = state["classes"]
    model = architectures.build(channels, size, len(classes), complete_params(trial.params))
    model.load_state_dict(state["model"])
    return model.eval(), classes


@torch.no_grad()
def ensemble(trials: Sequence[Trial]) -> dict[str, dict[str, float]]:
    """Return the scores on the test set by trial number, and as "ensemble" those of the averaged probabilities.

    All trials must be of the same study. Raises ValueError if one has no undamaged checkpoint.
    """
    splits = data.load(trials[0].data, trials[0].folder)
    runs = [_restore(trial, splits) for trial in trials]
    labels: list[int] = []
    batches: list[list[torch.Tensor]] = [[] for _ in runs]
    for start in range(0, len(splits.test), BATCH):
        items = [splits.test[position] for position in range(start, min(start + BATCH, len(splits.test)))]
        images = torch.stack([image for image, _ in items])
        labels += [label for _, label in items]
        for run, of_run in zip(runs, batches, strict=True):
            of_run.append(run.logits(images).softmax(dim=1).cpu())
    probabilities = [torch.cat(of_run) for of_run in batches]
    scores = {str(trial.number): _scores(own, labels) for trial, own in zip(trials, probabilities, strict=True)}
    return {**scores, "ensemble": _scores(torch.stack(probabilities).mean(dim=0), labels)}


def _restore(trial: Trial, splits: data.Splits) -> Training:
    """Return a trial's training as its checkpoint has it, in eval mode."""
    state = _load_checkpoint(trial)
    run = Training(trial, splits, choose_device())
    run.restore(state)
    run.model.eval()
    return run


def _load_checkpoint(trial: Trial) -> dict[str, Any]:
    state = trial.load()
    if state is None:
        raise ValueError(f"{trial.checkpoint} is missing or damaged")
    return state


def _scores(probabilities: torch.Tensor, labels: Sequence[int]) -> dict[str, float]:
    """Return loss and accuracy of probabilities of shape (n, classes)."""
    targets = torch.tensor(labels)
    return {
        "test_loss": float(nn.functional.nll_loss(probabilities.clamp_min(1e-12).log(), targets)),
        "test_accuracy": float((probabilities.argmax(dim=1) == targets).float().mean()),
    }


def main() -> None:
    """Print the scores as JSON."""
    parser = argparse.ArgumentParser(prog="python -m trainer.predict", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("trials", type=Path, nargs="+", help="trial.json of each trial, with its checkpoint beside it")
    parser.add_argument("--data", type=Path, help="path of the data, if it is not where the first trial.json says")
    arguments = parser.parse_args()
    trials = [Trial.read(file) for file in arguments.trials]
    if arguments.data:
        trials[0].data["path"] = str(arguments.data.resolve())
    try:
        print(json.dumps(ensemble(trials)))
    except (OSError, ValueError) as error:
        sys.exit(f"error: {error}. If the data is elsewhere, name its path: --data PATH")


if __name__ == "__main__":
    main()
