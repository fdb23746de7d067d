"""A real Kubernetes for tests: its programs, built once into a cache, and clusters of them with pretended nodes."""
