"""The HTTP face: paths, discovery, reads, watches, writes, tables, and the sandbox's own admin endpoints."""
