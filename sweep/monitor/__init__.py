"""Shows what is going on: progress, the live screen, a trial's logs."""
