"""The rules across the fields of a spec: names that must exist, orders that must hold, what would never run."""
