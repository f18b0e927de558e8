"""Makes benchmarks/curves.csv: learning curves of the shipped trainer, for `quality.py --real`.

    python -m benchmarks.curves [--configurations 150]

Each configuration learns to tell shirts from coats in a tenth of Fashion-MNIST's training images, for ten epochs. A
line of the table has its parameters and its validation error after each epoch. It takes about ten seconds on one core.
"""

from __future__ import annotations

import argparse
import csv
import json
import tempfile
from pathlib import Path
from typing import Any

import optuna
import torch

from sweep.study import datasets
from sweep.trial.spec import TrialSpec
from trainer import data
from trainer.train import Training, _train_epoch, evaluate
from trainer.trial import Trial

TABLE = Path(__file__).with_name("curves.csv")
EPOCHS = 10

SPACE: dict[str, optuna.distributions.BaseDistribution] = {
    "lr": optuna.distributions.FloatDistribution(1e-5, 1.0, log=True),
    "optimizer": optuna.distributions.CategoricalDistribution(["sgd", "adamw"]),
    "batch_size": optuna.distributions.IntDistribution(16, 128, log=True),
    "width": optuna.distributions.IntDistribution(4, 32, log=True),
    "n_blocks": optuna.distributions.IntDistribution(1, 3),
    "dropout": optuna.distributions.FloatDistribution(0.0, 0.7),
}


def errors(trial: Trial, splits: data.Splits) -> list[float]:
    """Return the validation error after each epoch; once the loss is not finite, 0.5, the error of guessing."""
    run = Training(trial, splits, torch.device("cpu"))
    found: list[float] = []
    for _ in range(EPOCHS):
        try:
            _train_epoch(run, lambda: False)
        except ValueError:
            return found + [0.5] * (EPOCHS - len(found))
        run.schedule.step()
        run.epoch, run.batch = run.epoch + 1, 0
        scores = evaluate(run, splits.validation)
        assert scores is not None
        found.append(round(1 - scores["val_accuracy"], 4))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--configurations", type=int, default=150)
    count = parser.parse_args().configurations
    torch.set_num_threads(1)
    data_spec = {
        "kind": "fashion-mnist",
        "path": str(datasets.fashion_mnist()),
        "classes": ["Shirt", "Coat"],
        "image_size": None,
        "split_seed": 0,
    }
    splits = data.load(data_spec, Path())
    # Keep the images in memory: each configuration reads them ten times.
    for name in ("train", "validation"):
        selection = getattr(splits, name)
        selection.source = {index: selection.source[index] for index in selection.indices}
    study = optuna.create_study(sampler=optuna.samplers.QMCSampler(seed=0, warn_independent_sampling=False))
    with TABLE.open("w", newline="") as handle, tempfile.TemporaryDirectory() as folder:
        writer = csv.writer(handle)
        writer.writerow([*SPACE, *range(1, EPOCHS + 1)])
        for number in range(count):
            params: dict[str, Any] = study.ask(SPACE).params
            study.tell(number, 0.0)
            spec = TrialSpec(number, 0, 0, {**params, "fraction": 0.1}, number, 0, EPOCHS, ["val_loss"], data_spec)
            (Path(folder) / "trial.json").write_text(json.dumps(spec.to_json()))
            curve = errors(Trial.read(Path(folder) / "trial.json"), splits)
            writer.writerow([*params.values(), *curve])
            handle.flush()
            print(number, params, curve, flush=True)


if __name__ == "__main__":
    main()
