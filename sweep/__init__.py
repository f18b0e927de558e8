"""Hyperparameter and architecture search as a DAGMan workflow on HTCondor."""

__version__ = "0.1.0"
