"""Tests of the executor's pure parts, and of what it sees."""
