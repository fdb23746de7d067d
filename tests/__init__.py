"""Tests by what they need, from pure decisions to real clusters, and the builders they share."""
