"""Calling out, over real HTTP."""
