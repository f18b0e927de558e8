"""Shows what came out: the leaderboard, confirmations, costs, the best model."""
