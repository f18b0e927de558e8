"""HTCondor on a machine that has none: `install` fetches it, `personal` runs a pool of one machine for one user."""
