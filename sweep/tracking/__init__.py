"""Trackers, and what they are told: each trial that has ended, once."""
