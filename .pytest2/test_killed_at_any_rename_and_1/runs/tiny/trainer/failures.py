"""Tells a trial's own faults from those of the machine it landed on."""

from __future__ import annotations

import torch

OWN_FAULT, TRANSIENT, OUT_OF_MEMORY = 1, 75, 77


def status(error: Exception) -> int:
    """Exit status for an exception that ended the training.

    A missing file is the study's fault; other trouble with files (a full disk, a bad one) or with the GPU is the
    machine's, and the trial may be tried again elsewhere.
    """
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return OUT_OF_MEMORY
    if isinstance(error, FileNotFoundError):
        return OWN_FAULT
    accelerator = getattr(torch, "AcceleratorError", ())
    return TRANSIENT if isinstance(error, (OSError, accelerator)) else OWN_FAULT
