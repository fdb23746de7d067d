"""The rows, one module for each group of the catalogue."""
