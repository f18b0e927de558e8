"""`python -m trainer trial.json`: train one trial, in the folder that holds its trial.json."""

from __future__ import annotations

import argparse
import json
import sys
import traceback
from pathlib import Path


def main() -> int:
    """Exit status: 0 trained to the target step, 85 checkpointed and to be restarted, 75 a fault of the machine, 77
    out of memory, 1 the trial's own fault."""
    parser = argparse.ArgumentParser(prog="python -m trainer", description=__doc__)
    parser.add_argument("trial", type=Path, help="trial.json, as sweep wrote it")
    parser.add_argument(
        "--test", action="store_true", help="train nothing: score the checkpoint on the test set, as JSON on stdout"
    )
    parser.add_argument("--data", type=Path, help="where the data lies, if not beside trial.json")
    arguments = parser.parse_args()
    # Imported late, so that --help and a wrong flag answer at once.
    from trainer import failures, train
    from trainer.trial import Trial

    trial = Trial.read(arguments.trial)
    if arguments.data:
        trial.data["path"] = str(arguments.data.resolve())
    if arguments.test:
        try:
            print(json.dumps(train.test(trial)))
        except (OSError, ValueError) as error:
            sys.exit(f"error: {error}; --data says where the data lies")
        return 0
    try:
        return train.train(trial)
    except Exception as error:
        traceback.print_exc()
        return failures.status(error)


if __name__ == "__main__":
    sys.exit(main())
