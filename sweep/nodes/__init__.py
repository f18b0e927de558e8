"""What runs in the PRE, POST and HOLD scripts of the workflow's nodes."""
