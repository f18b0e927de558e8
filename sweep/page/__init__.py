"""What `sweep report` writes besides the leaderboard: a page of HTML, its figures, and the data behind them."""
