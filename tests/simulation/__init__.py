"""Every service on one virtual clock with faults drawn from a seed, and the promises that hold whatever dies."""
