"""Keeps sweeps running that version 0.1.0 launched: their scripts call `python -m sweep.propose`."""

from __future__ import annotations

import sys

from sweep.node import main

if __name__ == "__main__":
    main("propose", sys.argv[1:])
