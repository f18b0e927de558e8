"""Trains the network of plain.py under sweep: it reports metrics, writes checkpoints, and resumes from them."""

import sys
from pathlib import Path

import torch
import typer
from sweep_trial import Trial


def main(data_dir: Path, checkpoint_dir: Path, epochs: int = 5, lr: float = 0.01, width: int = 16) -> None:
    points, labels = torch.load(data_dir / "points.pt", weights_only=True)
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(2, width), torch.nn.ReLU(), torch.nn.Linear(width, 2))
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    trial = Trial.start()
    if state := trial.load():
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
    for epoch in range(state["epoch"] + 1 if state else 1, epochs + 1):
        for start in range(0, len(points) // 2, 32):
            loss = torch.nn.functional.cross_entropy(model(points[start : start + 32]), labels[start : start + 32])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        held_out = slice(len(points) // 2, None)
        accuracy = float((model(points[held_out]).argmax(1) == labels[held_out]).float().mean())
        print(f"epoch {epoch}: accuracy {accuracy}", flush=True)
        trial.report(epoch, accuracy=accuracy)
        trial.save({"model": model.state_dict(), "optimizer": optimizer.state_dict(), "epoch": epoch})
        trial.leave_if_due(epoch)


if __name__ == "__main__":
    sys.exit(typer.run(main))
