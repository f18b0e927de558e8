"""Shows a running sweep: its progress, the live screen, a trial's logs."""
