"""Releases led through a real agent on a real API server, with the rights that `k8s/agent` ships and no more."""
