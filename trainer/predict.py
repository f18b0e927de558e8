"""What trained models say: one loaded by itself, and several together on the test set.

python -m trainer.predict TRIAL.json … [--data PATH]     # prints their scores, and those of their average
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn

from trainer import architectures, data
from trainer.params import complete_params
from trainer.train import Training, choose_device
from trainer.trial import Trial

BATCH = 256
"""Images at a time."""


def load_model(folder: Path) -> tuple[nn.Module, list[str]]:
    """The trained model of a trial's folder, ready to predict, and the names of its classes.

    It takes images as float32 of (n, channels, size, size) that `trainer.data.NORMALISE` made of uint8, and gives
    logits of (n, classes). Raises ValueError when the folder has no whole checkpoint.
    """
    trial = Trial.read(folder / "trial.json")
    state = trial.load()
    if state is None:
        raise ValueError(f"{trial.checkpoint}: no whole checkpoint")
    channels, size = state["input"]
    classes: list[str] = state["classes"]
    model = architectures.build(channels, size, len(classes), complete_params(trial.params))
    model.load_state_dict(state["model"])
    return model.eval(), classes


@torch.no_grad()
def ensemble(trials: Sequence[Trial]) -> dict[str, dict[str, float]]:
    """Scores on the test set, by trial number, and as `ensemble` those of the models' averaged probabilities.

    The trials are of one study, whose data and classes they share. Raises ValueError when one has no checkpoint.
    """
    splits = data.load(trials[0].data, trials[0].folder)
    runs = [_restored(trial, splits) for trial in trials]
    labels: list[int] = []
    said: list[list[torch.Tensor]] = [[] for _ in runs]
    for start in range(0, len(splits.test), BATCH):
        items = [splits.test[position] for position in range(start, min(start + BATCH, len(splits.test)))]
        images = torch.stack([image for image, _ in items])
        labels += [label for _, label in items]
        for run, batches in zip(runs, said, strict=True):
            batches.append(run.logits(images).softmax(dim=1).cpu())
    each = [torch.cat(batches) for batches in said]
    scores = {str(trial.number): _scores(one, labels) for trial, one in zip(trials, each, strict=True)}
    return {**scores, "ensemble": _scores(torch.stack(each).mean(dim=0), labels)}


def _restored(trial: Trial, splits: data.Splits) -> Training:
    state = trial.load()
    if state is None:
        raise ValueError(f"{trial.checkpoint}: no whole checkpoint")
    run = Training(trial, splits, choose_device())
    run.restore(state)
    run.model.eval()
    return run


def _scores(probabilities: torch.Tensor, labels: Sequence[int]) -> dict[str, float]:
    right = torch.tensor(labels)
    return {
        "test_loss": float(nn.functional.nll_loss(probabilities.clamp_min(1e-12).log(), right)),
        "test_accuracy": float((probabilities.argmax(dim=1) == right).float().mean()),
    }


def main() -> None:
    """Print the scores as JSON."""
    parser = argparse.ArgumentParser(prog="python -m trainer.predict", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("trials", type=Path, nargs="+", help="trial.json of each trial, its checkpoint beside it")
    parser.add_argument("--data", type=Path, help="where the data lies, if not beside the first")
    arguments = parser.parse_args()
    trials = [Trial.read(file) for file in arguments.trials]
    if arguments.data:
        trials[0].data["path"] = str(arguments.data.resolve())
    try:
        print(json.dumps(ensemble(trials)))
    except (OSError, ValueError) as error:
        sys.exit(f"error: {error}; --data says where the data lies")


if __name__ == "__main__":
    main()
