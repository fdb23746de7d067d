"""Secrets as files, and their values in what is shown."""
