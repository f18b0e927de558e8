"""Checks the access point, the study and its jobs before a launch."""
