"""YAML and JSON text as a tree with positions, read under limits."""
