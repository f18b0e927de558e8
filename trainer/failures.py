"""Tells failures of the trial from failures of the machine."""

from __future__ import annotations

import torch

OWN_FAULT, TRANSIENT, OUT_OF_MEMORY = 1, 75, 77


def exit_status(error: Exception) -> int:
    """Return the exit status for an exception that ended the training.

    A missing file is a fault of the study. Other errors of files (such as a full disk) and of the GPU are faults of the
    machine: the trial may be retried on another one.
    """
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return OUT_OF_MEMORY
    if isinstance(error, FileNotFoundError):
        return OWN_FAULT
    accelerator = getattr(torch, "AcceleratorError", ())
    return TRANSIENT if isinstance(error, (OSError, accelerator)) else OWN_FAULT
