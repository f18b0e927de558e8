"""Shows a study's results: the leaderboard, confirmations, costs, the best model."""
