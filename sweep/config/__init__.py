"""The study file: every section, every key and every check."""
