"""A study on disk: its folder, its inputs, and what has been measured of it."""
