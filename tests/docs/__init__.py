"""The documentation: every command line, every fragment of a study file, and the reference."""
