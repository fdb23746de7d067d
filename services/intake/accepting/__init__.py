"""Taking a deployment in: checked whole, then committed in one batch with its lock."""
