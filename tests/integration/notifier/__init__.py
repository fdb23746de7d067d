"""The notifier against real receivers."""
