"""What the notifier says, to whom, and what answers mean to it."""
