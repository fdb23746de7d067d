"""Capacity: the ReplicaSets of one workload, which sizes come next, and why pods are missing."""
