"""A server, asked: one request and its answer, and everything that is asked of it besides deployments."""
