"""`python -m trainer trial.json`: train one trial, in the folder that holds its trial.json."""

from __future__ import annotations

import argparse
import json
import sys
import traceback
from pathlib import Path


def main() -> int:
    """Train or score a trial; return the exit status.

    0: trained to the target step, or a slice has ended; 85: a checkpoint is written, restart the program; 75: a fault
    of the machine; 77: out of memory; 1: a fault of the trial.
    """
    parser = argparse.ArgumentParser(prog="python -m trainer", description=__doc__)
    parser.add_argument("trial", type=Path, help="trial.json, as sweep wrote it")
    parser.add_argument(
        "--test", action="store_true", help="do not train; score the checkpoint on the test set, as JSON on stdout"
    )
    parser.add_argument("--data", type=Path, help="path of the data, if it is not where trial.json says")
    arguments = parser.parse_args()
    # These imports take seconds; --help and a wrong option must answer at once.
    from trainer import failures, train
    from trainer.trial import Trial

    trial = Trial.read(arguments.trial)
    if arguments.data:
        trial.data["path"] = str(arguments.data.resolve())
    if arguments.test:
        try:
            print(json.dumps(train.score(trial)))
        except (OSError, ValueError) as error:
            sys.exit(f"error: {error}. If the data is elsewhere, name its path: --data PATH")
        return 0
    try:
        return train.train(trial)
    except Exception as error:
        traceback.print_exc()
        return failures.exit_status(error)


if __name__ == "__main__":
    sys.exit(main())
