"""Errors, lines, discovery and views, over a transport that answers from a script."""
