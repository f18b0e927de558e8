"""The machine: files and locks, file systems, memory, packages of Debian and Python, the user's directories."""
