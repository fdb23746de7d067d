"""Decisions, without IO: the folders mirror the source."""
