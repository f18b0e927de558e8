"""The page that `sweep report --html` writes, with its figures and tables."""
