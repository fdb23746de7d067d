"""Whole installations of real processes on loopback, put through kills, outages and people."""
