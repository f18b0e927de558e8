"""The best value so far."""

from __future__ import annotations
