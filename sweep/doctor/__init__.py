"""`sweep doctor`: what a user would otherwise learn after a night in the queue."""
