"""Talking to a cluster's API over any transport: paths, errors, and views that are kept current."""
