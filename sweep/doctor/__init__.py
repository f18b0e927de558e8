"""Checks the access point, a study and its jobs before a launch."""
