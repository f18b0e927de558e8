"""Optuna: the study in its storage, and the sampler that proposes trials."""
