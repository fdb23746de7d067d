"""What only a sandbox has: faults on request, and a count of who asked for what."""
