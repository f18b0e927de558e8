"""The text that DAGMan reads: DAG files, submit descriptions, exit codes. Pure."""
