"""Trains a small network on points of two classes: a plain script that knows nothing of sweep."""

import sys
from pathlib import Path

import torch
import typer


def main(data_dir: Path, checkpoint_dir: Path, epochs: int = 5, lr: float = 0.01, width: int = 16) -> None:
    points, labels = torch.load(data_dir / "points.pt", weights_only=True)
    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(2, width), torch.nn.ReLU(), torch.nn.Linear(width, 2))
    optimizer = torch.optim.Adam(model.parameters(), lr=lr)
    for epoch in range(1, epochs + 1):
        for start in range(0, len(points) // 2, 32):
            loss = torch.nn.functional.cross_entropy(model(points[start : start + 32]), labels[start : start + 32])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        held_out = slice(len(points) // 2, None)
        accuracy = float((model(points[held_out]).argmax(1) == labels[held_out]).float().mean())
        print(f"epoch {epoch}: accuracy {accuracy}", flush=True)
        torch.save({"model": model.state_dict(), "optimizer": optimizer.state_dict()}, checkpoint_dir / "last.pt")


if __name__ == "__main__":
    sys.exit(typer.run(main))
