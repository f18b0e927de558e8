"""The command line: each command parses, calls and prints. One file for each family of commands."""
