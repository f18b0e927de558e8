"""Looks for the fonts of this machine, which takes Matplotlib a process of its own, before any test runs."""

from __future__ import annotations

import matplotlib.font_manager  # noqa: F401
