"""Showing what happens as it happens: one subscription for the process, frames for each follower, their HTTP form."""
