"""The machine: files and locks, file systems, memory, Debian packages, the user's directories."""
