"""Asking an agent: the port, its implementation over the bus, its in-memory twin, and what both ends share."""
