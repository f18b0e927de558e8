"""One trial: its files and what they mean. Standard library only, because node scripts load it."""
